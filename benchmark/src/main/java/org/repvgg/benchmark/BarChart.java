package org.repvgg.benchmark;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Measurements as bars, shorter is faster: a group for each case, within it the median of each
/// engine against the slowest of the group. A self-contained SVG that follows the reader's light or
/// dark mode.
public final class BarChart {
    private static final int WIDTH = 740;
    private static final int LABELS = 210;
    private static final int BARS = 400; // of the longest bar
    private static final int ROW = 22;
    private static final int HEAD = 34;
    private static final int MARGIN = 16;

    private static final String STYLE =
            """
            text { font: 13px system-ui, sans-serif; fill: #24292f }
            .case { font-weight: 600 }
            .rival { fill: #afb8c1 }
            .ours { fill: #1a7f37 }
            @media (prefers-color-scheme: dark) {
              text { fill: #d1d7e0 }
              .rival { fill: #57606a }
              .ours { fill: #3fb950 }
            }
            """;

    private final StringBuilder svg = new StringBuilder();
    private int y = MARGIN;

    private BarChart() {}

    /// @param measurements not empty; those of one case stand together, ours first
    public static String svg(List<Measurement> measurements) {
        var chart = new BarChart();
        List<Measurement> group = new ArrayList<>();
        for (Measurement one : measurements) {
            if (!group.isEmpty() && !group.getFirst().sameCase(one)) {
                chart.add(group);
                group.clear();
            }
            group.add(one);
        }
        chart.add(group);
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\">%n"
                        .formatted(WIDTH, chart.y)
                + "<title>%s: median time of a %s</title>%n<style>%n%s</style>%n"
                        .formatted(
                                escape(measurements.getFirst().network()),
                                call(measurements.getFirst().answer()),
                                STYLE)
                + chart.svg
                + "</svg>\n";
    }

    private static String call(Measurement.Answer answer) {
        return switch (answer) {
            case Measurement.Logits _ -> "call";
            case Measurement.Loss _ -> "training step";
        };
    }

    private void add(List<Measurement> group) {
        Measurement first = group.getFirst();
        text(
                MARGIN,
                "case",
                "%s, %d x %dx%d, %d thread%s"
                        .formatted(
                                first.network(),
                                first.batch(),
                                first.height(),
                                first.width(),
                                first.threads(),
                                first.threads() == 1 ? "" : "s"));
        y += HEAD - MARGIN;
        double slowest = group.stream().mapToDouble(Measurement::medianMillis).max().orElse(1);
        for (Measurement one : group) {
            double length = Math.max(1, BARS * one.medianMillis() / slowest);
            boolean other = !one.network().equals(first.network());
            text(MARGIN, "", other ? one.network() + ", " + one.engine() : one.engine());
            svg.append(
                    String.format(
                            Locale.ROOT,
                            "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"14\" rx=\"2\"/>%n",
                            one == first ? "ours" : "rival",
                            LABELS,
                            y,
                            length));
            text(
                    LABELS + (int) length + 8,
                    "",
                    one == first
                            ? String.format(Locale.ROOT, "%.2f ms", one.medianMillis())
                            : String.format(
                                    Locale.ROOT,
                                    "%.2f ms, %.2fx",
                                    one.medianMillis(),
                                    Tables.ratio(one, group)));
            y += ROW;
        }
        y += MARGIN;
    }

    private void text(int x, String style, String text) {
        svg.append(
                "<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>%n"
                        .formatted(style, x, y + 12, escape(text)));
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
