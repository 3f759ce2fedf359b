package org.repvgg.train.report;

import org.repvgg.evaluate.Agreement;
import org.repvgg.evaluate.Comparison;
import org.repvgg.evaluate.Comparison.Figures;
import org.repvgg.evaluate.Evaluation;
import org.repvgg.model.InputSpec;

/// The before/after table, and beside it the picture of a block before and after.
final class BeforeAfter {
    private static final double SAME = 0.005; // ratios print with two decimals

    private final ReportData data;

    BeforeAfter(ReportData data) {
        this.data = data;
    }

    void appendTo(Html html) {
        if (data.state() instanceof ReportData.Outcome outcome) {
            appendTo(html, outcome);
        }
    }

    private void appendTo(Html html, ReportData.Outcome outcome) {
        html.open("section", "id", "fold");
        switch (outcome) {
            case ReportData.Outcome.Folded(Comparison comparison) -> {
                html.leaf("h2", "Before and after folding");
                html.open("div", "class", "beside");
                appendTable(html, comparison);
                new BlockFigure(data.spec(), true).appendTo(html);
                html.close("div");
            }
            case ReportData.Outcome.NotFolded(Figures train, String reason) -> {
                html.leaf("h2", "The trained network");
                html.open("div", "class", "beside");
                appendTable(html, train, reason);
                new BlockFigure(data.spec(), false).appendTo(html);
                html.close("div");
            }
        }
        html.close("section");
    }

    private void appendTable(Html html, Comparison comparison) {
        Figures train = comparison.train();
        Figures plain = comparison.plain();
        Evaluation before = train.evaluation();
        Evaluation after = plain.evaluation();
        open(html, "Trained form", "Plain form", "Change");
        row(
                html,
                "Parameters",
                Numbers.count(train.parameters()),
                Numbers.count(plain.parameters()),
                ratio(train.parameters(), plain.parameters(), "fewer", "more"));
        row(
                html,
                "Size",
                Numbers.megabytes(train.parameterBytes()),
                Numbers.megabytes(plain.parameterBytes()),
                ratio(train.parameterBytes(), plain.parameterBytes(), "smaller", "larger"));
        row(
                html,
                "Multiply-adds",
                Numbers.millions(train.multiplyAdds()),
                Numbers.millions(plain.multiplyAdds()),
                ratio(train.multiplyAdds(), plain.multiplyAdds(), "fewer", "more"));
        row(
                html,
                "Top-1",
                Numbers.percent(before.top1()),
                Numbers.percent(after.top1()),
                points(before.top1(), after.top1()));
        row(
                html,
                "Top-5",
                Numbers.percent(before.top5()),
                Numbers.percent(after.top5()),
                points(before.top5(), after.top5()));
        row(
                html,
                "Images/s",
                Numbers.rate(train.imagesPerSecond()),
                Numbers.rate(plain.imagesPerSecond()),
                ratio(plain.imagesPerSecond(), train.imagesPerSecond(), "faster", "slower"));
        html.close("tbody");
        appendAgreement(html, comparison.agreement());
        html.close("table").close("div");
    }

    private void appendTable(Html html, Figures train, String reason) {
        open(html, "Trained form");
        row(html, "Parameters", Numbers.count(train.parameters()));
        row(html, "Size", Numbers.megabytes(train.parameterBytes()));
        row(html, "Multiply-adds", Numbers.millions(train.multiplyAdds()));
        row(html, "Top-1", Numbers.percent(train.evaluation().top1()));
        row(html, "Top-5", Numbers.percent(train.evaluation().top5()));
        row(html, "Images/s", Numbers.rate(train.imagesPerSecond()));
        html.close("tbody").open("tbody").open("tr");
        html.leaf("th", "Plain form", "scope", "row");
        html.leaf("td", "none: " + reason, "class", "words");
        html.close("tr").close("tbody").close("table").close("div");
    }

    private void open(Html html, String... columns) {
        InputSpec input = data.input();
        html.open("div", "class", "scroll");
        html.open("table", "class", "numbers figures");
        html.leaf(
                "caption",
                "Multiply-adds for one image of "
                        + input.channels()
                        + "x"
                        + input.height()
                        + "x"
                        + input.width()
                        + "; images/s of the network alone, images in memory; 1 MB is a million bytes.");
        html.open("thead").open("tr").open("td").close("td");
        for (String column : columns) {
            String kind = column.equals("Plain form") ? "plain" : "trained";
            html.leaf("th", column, "scope", "col", "class", column.equals("Change") ? "" : kind);
        }
        html.close("tr").close("thead").open("tbody");
    }

    private static void row(Html html, String name, String... values) {
        html.open("tr");
        html.leaf("th", name, "scope", "row");
        for (String value : values) {
            html.leaf("td", value);
        }
        html.close("tr");
    }

    private static void appendAgreement(Html html, Agreement agreement) {
        html.open("tbody");
        wideRow(
                html,
                "Predictions that agree",
                Numbers.count(Summary.agreeing(agreement))
                        + " of "
                        + Numbers.count(agreement.images()));
        wideRow(html, "Other answer", Numbers.count(agreement.disagreements()));
        wideRow(html, "Ties, counted apart", Numbers.count(agreement.ties()));
        wideRow(html, "Largest logit difference", Numbers.small(agreement.maxAbsDifference()));
        html.close("tbody");
    }

    private static void wideRow(Html html, String name, String value) {
        html.open("tr");
        html.leaf("th", name, "scope", "row");
        html.leaf("td", value, "colspan", "3");
        html.close("tr");
    }

    /// How many times `more` is of `less`, said so that the number is 1 or greater.
    private static String ratio(double more, double less, String word, String opposite) {
        if (!Double.isFinite(more / less) || more <= 0 || less <= 0) {
            return Numbers.times(Double.NaN);
        }
        if (more == less) {
            return "equal";
        }
        double ratio = more / less;
        if (Math.abs(ratio - 1) < SAME) {
            return Numbers.times(1);
        }
        return ratio > 1
                ? Numbers.times(ratio) + " " + word
                : Numbers.times(1 / ratio) + " " + opposite;
    }

    /// A difference of two fractions in percentage points.
    private static String points(double before, double after) {
        if (!Double.isFinite(after - before)) {
            return Numbers.percent(Double.NaN);
        }
        return before == after ? "equal" : Numbers.points(after - before);
    }
}
