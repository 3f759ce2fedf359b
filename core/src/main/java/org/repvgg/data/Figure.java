package org.repvgg.data;

import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/// The ten figures of [Shapes], each inside the circle of radius 1 around the origin, in
/// alphabetical order.
enum Figure {
    ARROW(polygon(1, 0, 0.1, 0.85, 0.1, 0.34, -0.95, 0.34, -0.95, -0.34, 0.1, -0.34, 0.1, -0.85)),
    CIRCLE((x, y) -> x * x + y * y <= 0.81),
    CRESCENT((x, y) -> x * x + y * y <= 1 && (x - 0.5) * (x - 0.5) + y * y > 0.6),
    CROSS(
            (x, y) ->
                    Math.abs(x) <= 0.3 && Math.abs(y) <= 0.95
                            || Math.abs(y) <= 0.3 && Math.abs(x) <= 0.95),
    HEART(Figure::inHeart),
    HEXAGON(star(6, 1)),
    RING((x, y) -> x * x + y * y <= 0.9 && x * x + y * y >= 0.25),
    SQUARE((x, y) -> Math.abs(x) <= 0.75 && Math.abs(y) <= 0.75),
    STAR(star(5, 0.42)),
    TRIANGLE(polygon(1, 0, -0.6, 0.9, -0.6, -0.9));

    private final Region region;

    Figure(Region region) {
        this.region = region;
    }

    Region region() {
        return region;
    }

    /// A set of points.
    @FunctionalInterface
    interface Region {
        boolean contains(double x, double y);

        /// It lies within `|y| <= halfHeight()`.
        default double halfHeight() {
            return 1;
        }
    }

    /// A bar along x, of length 2.
    record Strip(double halfHeight) implements Region {
        @Override
        public boolean contains(double x, double y) {
            return Math.abs(y) <= halfHeight && Math.abs(x) <= 1;
        }
    }

    /// `(x^2 + y^2 - 1)^3 <= x^2 y^3`, made to fit.
    private static boolean inHeart(double right, double up) {
        double x = right * 1.25;
        double y = up * 1.25 + 0.1;
        double square = x * x + y * y - 1;
        return square * square * square <= x * x * y * y * y;
    }

    /// @param corners `x,y` one after another
    static Region polygon(double... corners) {
        int count = corners.length / 2;
        return (x, y) -> {
            boolean inside = false;
            for (int i = 0, j = count - 1; i < count; j = i++) {
                double fromY = corners[2 * j + 1];
                double toY = corners[2 * i + 1];
                if (fromY > y != toY > y) {
                    double t = (y - fromY) / (toY - fromY);
                    inside ^= x < corners[2 * j] + t * (corners[2 * i] - corners[2 * j]);
                }
            }
            return inside;
        };
    }

    /// A regular polygon, or with `inner` below 1 a star with that many points.
    private static Region star(int points, double inner) {
        int count = inner < 1 ? 2 * points : points;
        return polygon(
                IntStream.range(0, count)
                        .boxed()
                        .flatMapToDouble(
                                i -> {
                                    double angle = 2 * StrictMath.PI * i / count;
                                    double radius = i % 2 == 1 ? inner : 1;
                                    return DoubleStream.of(
                                            radius * StrictMath.cos(angle),
                                            radius * StrictMath.sin(angle));
                                })
                        .toArray());
    }
}
