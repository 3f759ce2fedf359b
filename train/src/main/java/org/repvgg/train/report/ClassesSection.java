package org.repvgg.train.report;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.repvgg.evaluate.Evaluation;

/// Accuracy of each class as bars, the weakest first.
final class ClassesSection {
    private static final int SHOWN = 40;

    private final List<String> names;
    private final Evaluation evaluation;

    ClassesSection(ReportData data) {
        this.names = data.classNames();
        this.evaluation = data.state().shown();
    }

    void appendTo(Html html) {
        html.open("section", "id", "classes");
        html.leaf("h2", "Class by class");
        List<Integer> weakestFirst =
                IntStream.range(0, names.size())
                        .boxed()
                        .sorted(Comparator.comparingDouble(evaluation::classTop1)) // NaN last
                        .toList();
        if (names.size() <= SHOWN) {
            appendTable(html, weakestFirst, "Top-1 of each class, the weakest first.");
        } else {
            int half = SHOWN / 2;
            appendTable(
                    html,
                    weakestFirst.subList(0, half),
                    "Top-1 of the " + half + " weakest of " + names.size() + " classes.");
            html.open("details");
            html.leaf("summary", "The other " + (names.size() - half) + " classes");
            appendTable(
                    html,
                    weakestFirst.subList(half, names.size()),
                    "Top-1 of the other classes, the weakest first.");
            html.close("details");
        }
        html.close("section");
    }

    private void appendTable(Html html, List<Integer> labels, String caption) {
        html.open("table", "class", "bars");
        html.leaf("caption", caption);
        html.open("thead", "class", "unseen").open("tr");
        for (String name : List.of("Class", "Top-1", "Right")) {
            html.leaf("th", name, "scope", "col");
        }
        html.close("tr").close("thead").open("tbody");
        labels.forEach(label -> appendRow(html, label));
        html.close("tbody").close("table");
    }

    private void appendRow(Html html, int label) {
        List<Integer> row = evaluation.confusion().get(label);
        int images = row.stream().mapToInt(Integer::intValue).sum();
        double top1 = evaluation.classTop1(label);
        html.open("tr");
        html.open("th", "scope", "row", "title", names.get(label));
        html.leaf("span", names.get(label)).close("th");
        html.open("td", "class", "bar");
        if (images > 0) {
            html.open("div", "class", "track", "aria-hidden", "true");
            String width = String.format(Locale.ROOT, "width:%.1f%%", 100 * top1);
            html.open("div", "style", width).close("div").close("div");
        }
        html.leaf("span", images > 0 ? Numbers.shortPercent(top1) : "no images").close("td");
        html.leaf(
                "td",
                images > 0 ? Numbers.count(row.get(label)) + " of " + Numbers.count(images) : "");
        html.close("tr");
    }
}
