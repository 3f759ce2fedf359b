package org.repvgg.train.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.repvgg.evaluate.Agreement;
import org.repvgg.evaluate.Comparison;
import org.repvgg.evaluate.Evaluation;

/// The top of the page: title, one sentence that says how it went, and the few figures worth
/// remembering.
final class Summary {
    private final ReportData data;

    Summary(ReportData data) {
        this.data = data;
    }

    void appendTo(Html html) {
        html.open("header");
        html.leaf("p", "Training report", "class", "eyebrow");
        html.leaf("h1", data.title());
        html.open("p", "class", "headline");
        if (data.state() instanceof ReportData.Outcome.Folded(Comparison comparison)) {
            appendMark(html, comparison.agreement().holds());
        }
        html.text(headline());
        html.close("p");
        html.leaf("p", detail(), "class", "lead");
        appendTiles(html);
        html.close("header");
    }

    private static void appendMark(Html html, boolean good) {
        String kind = good ? "mark good" : "mark bad";
        html.leaf("span", good ? "✓ " : "✗ ", "aria-hidden", "true", "class", kind);
    }

    /// The sentence a reader should take home.
    String headline() {
        return switch (data.state()) {
            case ReportData.InTraining(Evaluation shown, int epochs) ->
                    "In training: epoch "
                            + of(data.history().size(), epochs)
                            + " is done, and the network answers "
                            + of(correct(shown), shown.images())
                            + " test images right.";
            case ReportData.Outcome.Folded(Comparison comparison) ->
                    headline(comparison.agreement());
            case ReportData.Outcome.NotFolded(Comparison.Figures train, String _) ->
                    "The network answers "
                            + of(correct(train.evaluation()), train.evaluation().images())
                            + " test images right. It has no plain form.";
        };
    }

    private static String headline(Agreement agreement) {
        if (agreement.images() == 0) {
            return "The network was folded, but no image was there to compare the two forms on.";
        }
        String agree =
                of(agreeing(agreement), agreement.images())
                        + (agreement.images() == 1 ? " prediction agrees" : " predictions agree");
        if (!agreement.holds()) {
            return agreement.disagreements() > 0
                    ? "The plain network does not answer as the trained one: only " + agree + "."
                    : "The plain network's logits differ by more than the tolerance, though "
                            + agree
                            + ".";
        }
        return switch (agreement.ties()) {
            case 0 -> "The plain network answers exactly as the trained one: " + agree + ".";
            case 1 ->
                    "The plain network answers as the trained one: "
                            + agree
                            + ", and the other is a tie.";
            default ->
                    "The plain network answers as the trained one: "
                            + agree
                            + ", and the others are ties.";
        };
    }

    private String detail() {
        Evaluation shown = data.state().shown();
        String text =
                "Measured on "
                        + Numbers.count(shown.images(), "test image", "test images")
                        + " of "
                        + data.dataName();
        return switch (data.state()) {
            case ReportData.InTraining _ ->
                    text + ". This page loads itself again until the training is over.";
            case ReportData.Outcome.Folded(Comparison comparison) ->
                    text
                            + ". Folding turned the "
                            + Numbers.count(data.spec().blocks().size(), "block", "blocks")
                            + " of parallel branches into single 3x3 convolutions; the largest"
                            + " difference of any logit is "
                            + Numbers.small(comparison.agreement().maxAbsDifference())
                            + " (allowed: "
                            + Numbers.small(comparison.agreement().tolerance())
                            + ").";
            case ReportData.Outcome.NotFolded(_, String reason) -> text + ". Why: " + reason;
        };
    }

    private void appendTiles(Html html) {
        html.open("dl", "class", "tiles");
        for (Tile tile : tiles()) {
            html.open("div");
            html.leaf("dt", tile.name);
            html.leaf("dd", tile.value);
            html.close("div");
        }
        html.close("dl");
    }

    private List<Tile> tiles() {
        List<Tile> tiles = new ArrayList<>();
        Evaluation shown = data.state().shown();
        tiles.add(new Tile("top-1 accuracy", Numbers.percent(shown.top1())));
        switch (data.state()) {
            case ReportData.InTraining _ -> {}
            case ReportData.Outcome.Folded(Comparison comparison) -> {
                Comparison.Figures train = comparison.train();
                Comparison.Figures plain = comparison.plain();
                tiles.add(
                        new Tile(
                                "the speed of the trained form",
                                Numbers.times(plain.imagesPerSecond() / train.imagesPerSecond())));
                tiles.add(new Tile("parameters, plain form", Numbers.count(plain.parameters())));
            }
            case ReportData.Outcome.NotFolded(Comparison.Figures train, _) -> {
                tiles.add(new Tile("images a second", Numbers.rate(train.imagesPerSecond())));
                tiles.add(new Tile("parameters", Numbers.count(train.parameters())));
            }
        }
        if (!data.history().isEmpty()) {
            double seconds = data.history().getLast().seconds();
            tiles.add(new Tile("training time", Numbers.duration(seconds)));
        }
        return tiles;
    }

    private record Tile(String name, String value) {}

    /// Images of which both forms name the same class.
    static int agreeing(Agreement agreement) {
        return agreement.images() - agreement.disagreements() - agreement.ties();
    }

    /// Images on the diagonal of the confusion matrix.
    static int correct(Evaluation evaluation) {
        return IntStream.range(0, evaluation.confusion().size())
                .map(label -> evaluation.confusion().get(label).get(label))
                .sum();
    }

    private static String of(long part, long whole) {
        return Numbers.count(part) + " of " + Numbers.count(whole);
    }
}
