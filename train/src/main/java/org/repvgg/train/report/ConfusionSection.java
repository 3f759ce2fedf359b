package org.repvgg.train.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.repvgg.evaluate.Evaluation;

/// What is taken for what: the confusion matrix and the pairs confused most.
///
/// Up to 20 classes it is a table with counts, up to 200 a picture, above that the pairs alone.
final class ConfusionSection {
    private static final int MAX_TABLE = 20;
    private static final int MAX_PICTURE = 200;
    private static final int PAIRS = 12;
    private static final int LEVELS = 10;

    private final ReportData data;
    private final List<String> names;
    private final Evaluation evaluation;
    private final List<Integer> totals;

    ConfusionSection(ReportData data) {
        this.data = data;
        this.names = data.classNames();
        this.evaluation = data.state().shown();
        this.totals =
                evaluation.confusion().stream()
                        .map(row -> row.stream().mapToInt(Integer::intValue).sum())
                        .toList();
    }

    void appendTo(Html html) {
        html.open("section", "id", "confusion");
        html.leaf("h2", "What is taken for what");
        html.open("div", "class", "beside");
        if (names.size() <= MAX_TABLE) {
            appendTable(html);
        } else if (names.size() <= MAX_PICTURE) {
            appendPicture(html);
        } else {
            html.leaf(
                    "p",
                    "A matrix of "
                            + Numbers.count(names.size())
                            + " classes would be too fine to read; these are its largest entries.",
                    "class",
                    "note");
        }
        appendPairs(html);
        html.close("div");
        html.close("section");
    }

    private void appendTable(Html html) {
        html.open("div", "class", "matrix");
        html.open("div", "class", "scroll");
        html.open("table", "class", "confusion");
        html.leaf("caption", caption());
        html.open("thead").open("tr");
        html.leaf("td", "true ↓ · answered →", "class", "corner");
        for (String name : names) {
            html.open("th", "scope", "col", "title", name).leaf("span", name).close("th");
        }
        html.close("tr").close("thead").open("tbody");
        for (int label = 0; label < names.size(); label++) {
            appendRow(html, label);
        }
        html.close("tbody").close("table").close("div");
        appendLegend(html);
        html.close("div");
    }

    private void appendRow(Html html, int label) {
        html.open("tr");
        html.open("th", "scope", "row", "title", names.get(label));
        html.leaf("span", names.get(label)).close("th");
        for (int answer = 0; answer < names.size(); answer++) {
            int count = evaluation.confusion().get(label).get(answer);
            String kind = "h" + level(label, answer) + (label == answer ? " right" : "");
            html.leaf("td", Numbers.count(count), "class", kind);
        }
        html.close("tr");
    }

    private void appendPicture(Html html) {
        int size = names.size();
        html.open("figure", "class", "matrix");
        html.open(
                "svg",
                "class",
                "cells",
                "viewBox",
                "0 0 " + size + " " + size,
                "role",
                "img",
                "aria-label",
                "Confusion matrix of "
                        + size
                        + " classes, true class downwards, answered class to the right; "
                        + "the pairs confused most stand in the table beside it.");
        html.empty("rect", "class", "h0", "width", "" + size, "height", "" + size);
        for (int level = 1; level <= LEVELS; level++) {
            String path = path(level);
            if (!path.isEmpty()) {
                html.empty("path", "class", "h" + level, "d", path);
            }
        }
        html.close("svg");
        html.leaf("figcaption", caption() + " Classes in label order from the top left corner.");
        appendLegend(html);
        html.close("figure");
    }

    /// All cells of one level as squares of size 1.
    private String path(int level) {
        StringBuilder path = new StringBuilder();
        for (int label = 0; label < names.size(); label++) {
            for (int answer = 0; answer < names.size(); answer++) {
                if (level(label, answer) == level) {
                    path.append('M').append(answer).append(' ').append(label).append("h1v1h-1z");
                }
            }
        }
        return path.toString();
    }

    /// Colour of a cell, 0 to 10, by the square root of its share of the row, so that rare
    /// confusions show.
    private int level(int label, int answer) {
        int count = evaluation.confusion().get(label).get(answer);
        if (count == 0) {
            return 0;
        }
        return Math.max(
                1, (int) Math.round(LEVELS * Math.sqrt((double) count / totals.get(label))));
    }

    private String caption() {
        String form =
                switch (data.state()) {
                    case ReportData.InTraining _ -> "the network so far";
                    case ReportData.Outcome.Folded _ -> "the plain form";
                    case ReportData.Outcome.NotFolded _ -> "the trained form";
                };
        return "Answers of "
                + form
                + " on "
                + Numbers.count(evaluation.images(), "test image", "test images")
                + ": a row for each true class, a column for each answer.";
    }

    private static void appendLegend(Html html) {
        html.open("p", "class", "legend");
        html.leaf("span", "0");
        for (int level = 0; level <= LEVELS; level++) {
            html.open("i", "class", "h" + level).close("i");
        }
        html.leaf("span", "100 % of the row (square-root scale)");
        html.close("p");
    }

    private void appendPairs(Html html) {
        List<Pair> pairs = pairs();
        if (pairs.isEmpty()) {
            html.leaf("p", "No image was answered wrongly.", "class", "note");
            return;
        }
        html.open("div", "class", "scroll");
        html.open("table", "class", "numbers pairs");
        html.leaf("caption", "Confused most often, with the share of the true class's images.");
        html.open("thead").open("tr");
        for (String name : List.of("True", "Answered")) {
            html.leaf("th", name, "scope", "col", "class", "name");
        }
        for (String name : List.of("Images", "Share")) {
            html.leaf("th", name, "scope", "col");
        }
        html.close("tr").close("thead").open("tbody");
        for (Pair pair : pairs) {
            html.open("tr");
            appendName(html, names.get(pair.label));
            appendName(html, names.get(pair.answer));
            html.leaf("td", Numbers.count(pair.count));
            html.leaf("td", Numbers.shortPercent((double) pair.count / totals.get(pair.label)));
            html.close("tr");
        }
        html.close("tbody").close("table").close("div");
    }

    private static void appendName(Html html, String name) {
        html.open("td", "class", "name", "title", name).leaf("span", name).close("td");
    }

    private List<Pair> pairs() {
        List<Pair> pairs = new ArrayList<>();
        for (int label = 0; label < names.size(); label++) {
            List<Integer> row = evaluation.confusion().get(label);
            int truth = label;
            IntStream.range(0, row.size())
                    .filter(answer -> answer != truth && row.get(answer) > 0)
                    .forEach(answer -> pairs.add(new Pair(truth, answer, row.get(answer))));
        }
        pairs.sort(Comparator.comparingInt(Pair::count).reversed());
        return pairs.subList(0, Math.min(PAIRS, pairs.size()));
    }

    private record Pair(int label, int answer, int count) {}
}
