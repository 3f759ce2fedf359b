package org.repvgg.train.report;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.DoubleFunction;
import java.util.stream.DoubleStream;

/// One curve over the epochs as inline SVG: quiet grid, the last value written at its end, a value
/// under the pointer.
///
/// Points that are not finite are left out, but their epochs belong to the axis. No script: the
/// value under the pointer is a hidden group that CSS shows.
///
/// @param description what a reader who cannot see the curve should know
/// @param unit title of the vertical axis
/// @param fromZero whether the axis starts at 0
/// @param reference a level drawn across as a dashed line
/// @param format of the last value and the value under the pointer
record LineChart(
        String description,
        String unit,
        List<Point> points,
        boolean fromZero,
        OptionalDouble reference,
        DoubleFunction<String> format) {

    /// Width of the drawing; the page shows it at about this many pixels, so that letters keep
    /// their size.
    static final int WIDTH = 360;

    static final int HEIGHT = 232;
    private static final int LEFT = 42;
    private static final int RIGHT = WIDTH - 60;
    private static final int TOP = 26;
    private static final int BOTTOM = HEIGHT - 38;
    private static final int MAX_POINTERS = 200;

    /// A value of the curve.
    record Point(int epoch, double value) {}

    LineChart {
        points = List.copyOf(points);
    }

    private List<Point> drawn() {
        return points.stream().filter(point -> Double.isFinite(point.value)).toList();
    }

    /// Appends the drawing; a sentence where there is nothing to draw.
    void appendTo(Html html) {
        List<Point> drawn = drawn();
        if (drawn.isEmpty()) {
            html.leaf("p", "No finite value was recorded.", "class", "note");
            return;
        }
        Scale x = horizontal();
        Scale y = vertical(drawn);
        html.open(
                "svg",
                "class",
                "chart",
                "viewBox",
                "0 0 " + WIDTH + " " + HEIGHT,
                "role",
                "img",
                "aria-label",
                description);
        appendAxes(html, x, y);
        reference.ifPresent(level -> appendReference(html, y.at(level)));
        appendCurve(html, drawn, x, y);
        appendPointers(html, drawn, x, y);
        html.close("svg");
    }

    private Scale horizontal() {
        int first = points.getFirst().epoch;
        int last = points.getLast().epoch;
        return new Scale(
                Ticks.whole(first, last, 5), first, Math.max(last, first + 1), LEFT, RIGHT);
    }

    private Scale vertical(List<Point> drawn) {
        double[] all =
                DoubleStream.concat(drawn.stream().mapToDouble(Point::value), reference.stream())
                        .filter(Double::isFinite)
                        .toArray();
        double low = DoubleStream.of(all).min().orElseThrow();
        double high = DoubleStream.of(all).max().orElseThrow();
        if (fromZero) {
            low = Math.min(0, low);
            high = Math.max(0, high);
        }
        Ticks ticks = Ticks.around(low, high, 5);
        return new Scale(ticks, ticks.low(), ticks.high(), BOTTOM, TOP);
    }

    private void appendAxes(Html html, Scale x, Scale y) {
        for (double value : y.ticks.values()) {
            String at = number(y.at(value));
            String kind = value == y.low ? "axis" : "grid";
            line(html, kind, number(LEFT), at, number(RIGHT), at);
            label(html, "tick", "end", LEFT - 8, y.at(value) + 4, y.ticks.label(value));
        }
        for (double value : x.ticks.values()) {
            if (value >= x.low && value <= points.getLast().epoch) {
                label(html, "tick", "middle", x.at(value), BOTTOM + 18, x.ticks.label(value));
            }
        }
        label(html, "unit", "start", 4, 12, unit);
        label(html, "unit", "middle", (LEFT + RIGHT) / 2.0, HEIGHT - 4, "epoch");
    }

    private void appendReference(Html html, double y) {
        line(html, "reference", number(LEFT), number(y), number(RIGHT), number(y));
    }

    private void appendCurve(Html html, List<Point> drawn, Scale x, Scale y) {
        StringBuilder path = new StringBuilder();
        for (Point point : drawn) {
            path.append(path.isEmpty() ? "M" : "L")
                    .append(number(x.at(point.epoch)))
                    .append(' ')
                    .append(number(y.at(point.value)));
        }
        html.empty("path", "class", "curve", "d", path.toString());
        Point last = drawn.getLast();
        dot(html, "end", x.at(last.epoch), y.at(last.value));
        label(
                html,
                "last",
                "start",
                x.at(last.epoch) + 8,
                y.at(last.value) + 4,
                format.apply(last.value));
    }

    private void appendPointers(Html html, List<Point> drawn, Scale x, Scale y) {
        int every = (drawn.size() + MAX_POINTERS - 1) / MAX_POINTERS;
        double width = (RIGHT - LEFT) / (x.high - x.low) * every;
        for (int i = 0; i < drawn.size(); i += every) {
            Point point = drawn.get(i);
            double at = x.at(point.epoch);
            html.open("g", "class", "pointer");
            html.empty(
                    "rect",
                    "x",
                    number(at - width / 2),
                    "y",
                    number(TOP),
                    "width",
                    number(width),
                    "height",
                    number(BOTTOM - TOP));
            dot(html, "spot", at, y.at(point.value));
            String text = "epoch " + point.epoch + ": " + format.apply(point.value);
            label(html, "value", "end", WIDTH - 4, 12, text);
            html.close("g");
        }
    }

    private static void line(Html html, String kind, String x1, String y1, String x2, String y2) {
        html.empty("line", "class", kind, "x1", x1, "y1", y1, "x2", x2, "y2", y2);
    }

    private static void dot(Html html, String kind, double x, double y) {
        html.empty("circle", "class", kind, "cx", number(x), "cy", number(y), "r", "3.5");
    }

    private static void label(
            Html html, String kind, String anchor, double x, double y, String text) {
        html.leaf(
                "text", text, "class", kind, "text-anchor", anchor, "x", number(x), "y", number(y));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value).replaceFirst("\\.0$", "");
    }

    /// Maps `[low,high]` to pixels from `start` to `end`.
    private record Scale(Ticks ticks, double low, double high, double start, double end) {
        double at(double value) {
            return start + (value - low) / (high - low) * (end - start);
        }
    }
}
