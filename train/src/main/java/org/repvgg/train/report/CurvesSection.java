package org.repvgg.train.report;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;
import org.repvgg.train.EpochRecord;

/// How it learned: loss, top-1 and learning rate over the epochs, and all epochs as a table.
final class CurvesSection {
    private static final double HUNDRED = 100;

    private final List<EpochRecord> history;
    private final OptionalDouble plainTop1;

    CurvesSection(ReportData data) {
        this.history = data.history();
        this.plainTop1 =
                data.state() instanceof ReportData.Outcome.Folded(var comparison)
                        ? finite(comparison.plain().evaluation().top1())
                        : OptionalDouble.empty();
    }

    void appendTo(Html html) {
        html.open("section", "id", "learning");
        html.leaf("h2", "How it learned");
        if (history.isEmpty()) {
            html.leaf("p", "No history was recorded: the network was not trained in this run.");
        } else {
            html.leaf("p", summary(), "class", "lead");
            html.open("div", "class", "charts");
            appendLoss(html);
            appendTop1(html);
            appendLearningRate(html);
            html.close("div");
            appendTable(html);
        }
        html.close("section");
    }

    private String summary() {
        EpochRecord last = history.getLast();
        String text =
                Numbers.count(history.size(), "epoch", "epochs")
                        + " in "
                        + Numbers.duration(last.seconds())
                        + ".";
        Optional<EpochRecord> best =
                history.stream()
                        .filter(epoch -> Double.isFinite(epoch.top1()))
                        .max(Comparator.comparingDouble(EpochRecord::top1));
        if (best.isPresent()) {
            text +=
                    " The best top-1 of a single epoch was "
                            + Numbers.percent(best.get().top1())
                            + ", in epoch "
                            + Numbers.count(best.get().epoch())
                            + ".";
        }
        long lost = history.stream().filter(epoch -> !Double.isFinite(epoch.loss())).count();
        if (lost > 0) {
            text += " The loss was not a finite number in " + epochs(lost) + ".";
        }
        return text;
    }

    private static String epochs(long count) {
        return Numbers.count(count, "epoch", "epochs");
    }

    private void appendLoss(Html html) {
        LineChart chart =
                new LineChart(
                        describe("Training loss", EpochRecord::loss, Numbers::significant),
                        "mean cross-entropy",
                        points(EpochRecord::loss, 1),
                        true,
                        OptionalDouble.empty(),
                        Numbers::significant);
        appendFigure(html, "Training loss", chart);
    }

    private void appendTop1(Html html) {
        LineChart chart =
                new LineChart(
                        describe("Top-1 on the test images", EpochRecord::top1, Numbers::percent),
                        "top-1, %",
                        points(EpochRecord::top1, HUNDRED),
                        false,
                        plainTop1.stream().map(value -> HUNDRED * value).findFirst(),
                        value -> Numbers.percent(value / HUNDRED));
        appendFigure(html, "Accuracy", chart);
    }

    private void appendLearningRate(Html html) {
        LineChart chart =
                new LineChart(
                        describe("Learning rate", EpochRecord::learningRate, Numbers::compact),
                        "learning rate",
                        points(EpochRecord::learningRate, 1),
                        true,
                        OptionalDouble.empty(),
                        Numbers::compact);
        appendFigure(html, "Learning rate", chart);
    }

    private void appendFigure(Html html, String title, LineChart chart) {
        html.open("figure");
        html.leaf("h3", title);
        chart.appendTo(html);
        chart.reference()
                .ifPresent(
                        level -> {
                            html.open("figcaption");
                            html.open("span", "class", "key trained").close("span");
                            html.text(" each epoch ");
                            html.open("span", "class", "key plain").close("span");
                            html.text(" plain form: " + chart.format().apply(level));
                            html.close("figcaption");
                        });
        html.close("figure");
    }

    private String describe(
            String what, ToDoubleFunction<EpochRecord> value, DoubleFunction<String> format) {
        return what
                + ": "
                + format.apply(value.applyAsDouble(history.getFirst()))
                + " in epoch "
                + history.getFirst().epoch()
                + ", "
                + format.apply(value.applyAsDouble(history.getLast()))
                + " in epoch "
                + history.getLast().epoch()
                + ".";
    }

    private List<LineChart.Point> points(ToDoubleFunction<EpochRecord> value, double factor) {
        return history.stream()
                .map(
                        epoch ->
                                new LineChart.Point(
                                        epoch.epoch(), factor * value.applyAsDouble(epoch)))
                .toList();
    }

    private void appendTable(Html html) {
        html.open("details");
        html.leaf("summary", "All epochs as a table");
        html.open("div", "class", "scroll");
        html.open("table", "class", "numbers");
        html.leaf("caption", "One row an epoch; images/s while training, evaluation not counted.");
        html.open("thead").open("tr");
        for (String name :
                List.of("Epoch", "Loss", "Top-1", "Learning rate", "Images/s", "Elapsed")) {
            html.leaf("th", name, "scope", "col");
        }
        html.close("tr").close("thead").open("tbody");
        for (EpochRecord epoch : history) {
            html.open("tr");
            html.leaf("th", Numbers.count(epoch.epoch()), "scope", "row");
            html.leaf("td", Numbers.significant(epoch.loss()));
            html.leaf("td", Numbers.percent(epoch.top1()));
            html.leaf("td", Numbers.compact(epoch.learningRate()));
            html.leaf("td", Numbers.rate(epoch.imagesPerSecond()));
            html.leaf("td", Numbers.duration(epoch.seconds()));
            html.close("tr");
        }
        html.close("tbody").close("table").close("div").close("details");
    }

    private static OptionalDouble finite(double value) {
        return Double.isFinite(value) ? OptionalDouble.of(value) : OptionalDouble.empty();
    }
}
