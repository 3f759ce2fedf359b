package org.repvgg.train.report;

import java.util.List;
import org.repvgg.spec.Form;
import org.repvgg.spec.LayerTable;

/// The layers of both forms, one by one, folded away until asked for.
final class LayersSection {
    private final ReportData data;

    LayersSection(ReportData data) {
        this.data = data;
    }

    void appendTo(Html html) {
        html.open("section", "id", "layers");
        html.leaf("h2", "Layer by layer");
        appendTable(html, "Trained form", table(Form.TRAIN));
        if (data.state() instanceof ReportData.Outcome.Folded) {
            appendTable(html, "Plain form", table(Form.PLAIN));
        }
        html.close("section");
    }

    private LayerTable table(Form form) {
        return LayerTable.of(data.spec(), form, data.input().height(), data.input().width());
    }

    private static void appendTable(Html html, String name, LayerTable table) {
        html.open("details");
        html.leaf(
                "summary",
                name
                        + ": "
                        + Numbers.count(table.rows().size(), "layer", "layers")
                        + ", "
                        + Numbers.count(table.parameters())
                        + " parameters");
        html.open("div", "class", "scroll");
        html.open("table", "class", "numbers layers");
        html.leaf("caption", caption(table));
        html.open("thead").open("tr");
        html.leaf("th", "Layer", "scope", "col")
                .leaf("th", "Kind", "scope", "col", "class", "name");
        for (String column : List.of("Output", "Parameters", "Multiply-adds")) {
            html.leaf("th", column, "scope", "col");
        }
        html.close("tr").close("thead").open("tbody");
        table.rows().forEach(row -> appendRow(html, row));
        html.close("tbody").close("table").close("div").close("details");
    }

    private static void appendRow(Html html, LayerTable.Row row) {
        html.open("tr");
        html.leaf("th", row.place(), "scope", "row");
        html.leaf("td", row.kind(), "class", "name");
        html.leaf("td", row.output().toString());
        html.leaf("td", row.parameters() == 0 ? "" : Numbers.count(row.parameters()));
        html.leaf("td", row.multiplyAdds() == 0 ? "" : Numbers.count(row.multiplyAdds()));
        html.close("tr");
    }

    private static String caption(LayerTable table) {
        String text =
                "For one image of "
                        + table.height()
                        + "x"
                        + table.width()
                        + ": "
                        + Numbers.count(table.multiplyAdds())
                        + " multiply-adds, activations "
                        + Numbers.megabytes(table.activationBytes())
                        + ", running statistics "
                        + Numbers.count(table.runningStatistics())
                        + " numbers.";
        return table.auxiliaryParameters() == 0
                ? text
                : text
                        + " Auxiliary heads, "
                        + Numbers.count(table.auxiliaryParameters())
                        + " parameters, are left out of the totals.";
    }
}
