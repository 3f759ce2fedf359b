package org.repvgg.train.report;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;

/// Values in lines as dots on one axis, each line with its mean. A self-contained SVG that follows
/// the reader's light or dark mode.
public final class DotChart {
    private static final int WIDTH = 740;
    private static final int MARGIN = 16;
    private static final int LEFT = 240; // labels end before it
    private static final int RIGHT = 610; // notes begin behind it
    private static final int HEAD = 58;
    private static final int ROW = 26;

    private static final String STYLE =
            """
            text { font: 13px system-ui, sans-serif; fill: #24292f }
            .title { font-weight: 600 }
            .quiet { fill: #57606a }
            .grid { stroke: #d8dee4 }
            .reference { stroke: #57606a; stroke-dasharray: 5 4 }
            .dot { fill: #3a4fc4; fill-opacity: .55; stroke: #3a4fc4 }
            .hollow { fill: none; stroke: #b4530a; stroke-width: 1.5 }
            .mean { stroke: #24292f; stroke-width: 2 }
            @media (prefers-color-scheme: dark) {
              text { fill: #d1d7e0 }
              .quiet { fill: #9198a1 }
              .grid { stroke: #30363d }
              .reference { stroke: #9198a1 }
              .dot { fill: #96a5ff; stroke: #96a5ff }
              .hollow { stroke: #f2a65a }
              .mean { stroke: #d1d7e0 }
            }
            """;

    private final StringBuilder svg = new StringBuilder();
    private final Ticks ticks;

    private DotChart(List<Row> rows) {
        double[] all = rows.stream().flatMapToDouble(Row::finite).toArray();
        double low = DoubleStream.of(all).min().orElse(0);
        double high = DoubleStream.of(all).max().orElse(1);
        ticks = Ticks.around(low, high, 6);
    }

    /// A line of the chart.
    ///
    /// @param values those that are not finite are left out
    /// @param note text behind the line
    /// @param hollow whether the dots are drawn otherwise
    public record Row(String label, List<Double> values, String note, boolean hollow) {
        public Row {
            values = List.copyOf(values);
        }

        private DoubleStream finite() {
            return values.stream().mapToDouble(x -> x).filter(Double::isFinite);
        }
    }

    /// Draws `rows` under each other.
    ///
    /// @param notes lines below
    /// @param reference a value drawn across all lines
    public static String svg(
            String title, List<String> notes, OptionalDouble reference, List<Row> rows) {
        var chart = new DotChart(rows);
        int bottom = HEAD + ROW * rows.size();
        chart.text("title", "start", MARGIN, 24, title);
        chart.axis(bottom);
        reference.ifPresent(
                value -> chart.line("reference", chart.x(value), HEAD - 6, chart.x(value), bottom));
        for (int i = 0; i < rows.size(); i++) {
            chart.add(rows.get(i), HEAD + ROW * i + ROW / 2);
        }
        int y = bottom + 12;
        for (String note : notes) {
            y += 18;
            chart.text("quiet", "start", MARGIN, y, note);
        }
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\">\n"
                        .formatted(WIDTH, y + MARGIN)
                + "<title>%s</title>\n<style>\n%s</style>\n".formatted(escape(title), STYLE)
                + chart.svg
                + "</svg>\n";
    }

    private void axis(int bottom) {
        for (double value : ticks.values()) {
            line("grid", x(value), HEAD - 6, x(value), bottom);
            text("quiet", "middle", x(value), HEAD - 12, ticks.label(value));
        }
    }

    private void add(Row row, int y) {
        text("", "end", LEFT - 14, y + 4, row.label);
        row.finite().forEach(value -> dot(row, value, y));
        row.finite().average().ifPresent(mean -> line("mean", x(mean), y - 9, x(mean), y + 9));
        text("", "start", RIGHT + 14, y + 4, row.note);
    }

    private void dot(Row row, double value, int y) {
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<circle class=\"%s\" cx=\"%.1f\" cy=\"%d\" r=\"4.5\"/>\n",
                        row.hollow ? "hollow" : "dot",
                        x(value),
                        y));
    }

    private double x(double value) {
        return LEFT + (value - ticks.low()) / (ticks.high() - ticks.low()) * (RIGHT - LEFT);
    }

    private void line(String style, double x1, int y1, double x2, int y2) {
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<line class=\"%s\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>\n",
                        style,
                        x1,
                        y1,
                        x2,
                        y2));
    }

    private void text(String style, String anchor, double x, int y, String text) {
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%d\">%s</text>\n",
                        style,
                        anchor,
                        x,
                        y,
                        escape(text)));
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
