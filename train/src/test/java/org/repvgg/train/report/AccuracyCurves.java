package org.repvgg.train.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/// Accuracy over minutes of several trainings, from their `history.csv`: one SVG.
///
/// `java -cp … org.repvgg.train.report.AccuracyCurves curves.svg LABEL=history.csv…`
public final class AccuracyCurves {
    private static final int WIDTH = 760;
    private static final int HEIGHT = 400;
    private static final int LEFT = 52;
    private static final int RIGHT = WIDTH - 190; // labels stand behind it
    private static final int TOP = 34;
    private static final int BOTTOM = HEIGHT - 46;
    private static final int LABEL_DISTANCE = 17;
    private static final List<String> COLOURS =
            List.of("#3a4fc4", "#b4530a", "#1a7f37", "#8250df", "#9a6700", "#cf222e");

    private static final String STYLE =
            """
            text { font: 13px system-ui, sans-serif; fill: #57606a }
            .grid { stroke: #d8dee4 }
            .curve { fill: none; stroke-width: 2 }
            @media (prefers-color-scheme: dark) {
              text { fill: #9198a1 }
              .grid { stroke: #30363d }
            }
            """;

    private final Ticks minutes;
    private final Ticks percent;
    private final StringBuilder svg = new StringBuilder();

    private AccuracyCurves(List<Curve> curves) {
        minutes = Ticks.around(0, curves.stream().mapToDouble(Curve::minutes).max().orElse(1), 8);
        double best = curves.stream().mapToDouble(Curve::best).max().orElse(100);
        percent = Ticks.around(Math.max(0, best - 40), best, 8);
    }

    /// A training: minutes since its start, top-1 in percent.
    private record Curve(String label, List<double[]> points) {
        static Curve read(String argument) throws IOException {
            int split = argument.lastIndexOf('=');
            List<double[]> points = new ArrayList<>();
            for (String line :
                    Files.readAllLines(Path.of(argument.substring(split + 1))).stream()
                            .skip(1)
                            .toList()) {
                String[] cells = line.split(",");
                points.add(
                        new double[] {
                            Double.parseDouble(cells[5]) / 60, Double.parseDouble(cells[2]) * 100
                        });
            }
            return new Curve(argument.substring(0, split), points);
        }

        double minutes() {
            return points.getLast()[0];
        }

        double last() {
            return points.getLast()[1];
        }

        double best() {
            return points.stream().mapToDouble(point -> point[1]).max().orElseThrow();
        }
    }

    /// @param arguments file to write, then `LABEL=history.csv` for every curve
    public static void main(String[] arguments) throws IOException {
        List<Curve> curves = new ArrayList<>();
        for (String argument : List.of(arguments).subList(1, arguments.length)) {
            curves.add(Curve.read(argument));
        }
        curves.sort(Comparator.comparingDouble(curve -> -curve.last()));
        Files.writeString(Path.of(arguments[0]), new AccuracyCurves(curves).draw(curves));
    }

    private String draw(List<Curve> curves) {
        for (double value : percent.values()) {
            add(
                    "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%3$.1f\"/>",
                    LEFT, RIGHT, y(value));
            text("end", LEFT - 8, y(value) + 4, percent.label(value));
        }
        for (double value : minutes.values()) {
            text("middle", x(value), BOTTOM + 18, minutes.label(value));
        }
        text("start", 4, 16, "top-1, %");
        text(
                "middle",
                (LEFT + RIGHT) / 2.0,
                HEIGHT - 8,
                "minutes of training, evaluations included");
        double free = TOP;
        for (int i = 0; i < curves.size(); i++) {
            Curve curve = curves.get(i);
            String colour = COLOURS.get(i % COLOURS.size());
            StringBuilder path = new StringBuilder();
            for (double[] point : curve.points) {
                if (point[1] >= percent.low()) {
                    path.append(path.isEmpty() ? "M" : "L")
                            .append(
                                    String.format(
                                            Locale.ROOT, "%.1f %.1f", x(point[0]), y(point[1])));
                }
            }
            add("<path class=\"curve\" stroke=\"%s\" d=\"%s\"/>", colour, path);
            add(
                    "<circle fill=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>",
                    colour, x(curve.minutes()), y(curve.last()));
            double at = Math.max(free, y(curve.last()));
            free = at + LABEL_DISTANCE;
            add("<circle fill=\"%s\" cx=\"%d\" cy=\"%.1f\" r=\"4\"/>", colour, RIGHT + 14, at);
            text(
                    "start",
                    RIGHT + 24,
                    at + 4,
                    String.format(Locale.ROOT, "%.2f %%  %s", curve.last(), curve.label));
        }
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\">\n"
                        .formatted(WIDTH, HEIGHT)
                + "<title>Accuracy over minutes of training</title>\n<style>\n%s</style>\n"
                        .formatted(STYLE)
                + svg
                + "</svg>\n";
    }

    private double x(double value) {
        return LEFT + value / minutes.high() * (RIGHT - LEFT);
    }

    private double y(double value) {
        return BOTTOM - (value - percent.low()) / (percent.high() - percent.low()) * (BOTTOM - TOP);
    }

    private void text(String anchor, double x, double y, String text) {
        add(
                "<text text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>",
                anchor, x, y, text.replace("&", "&amp;").replace("<", "&lt;"));
    }

    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
