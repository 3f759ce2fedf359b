package org.repvgg.data;

import org.repvgg.image.Image;

/// A small square picture being painted, red, green and blue on the scale 0 to 255.
final class Canvas {
    /// Sub-samples along each side of a pixel, for smooth edges.
    private static final int FINE = 3;

    private final int side;
    private final double[] pixels;

    Canvas(int side) {
        this.side = side;
        this.pixels = new double[side * side * 3];
    }

    /// A colour that runs from `from` to `to` along a direction.
    ///
    /// @param from red, green, blue at -1
    /// @param to red, green, blue at 1
    /// @param across unit vector, x
    /// @param down unit vector, y
    record Gradient(Colour from, Colour to, double across, double down) {
        double weight(double x, double y) {
            return Math.clamp(0.5 + 0.5 * (x * across + y * down), 0, 1);
        }
    }

    record Colour(double red, double green, double blue) {
        static Colour any(Dice dice) {
            return new Colour(dice.between(10, 245), dice.between(10, 245), dice.between(10, 245));
        }

        Colour near(Dice dice, double spread) {
            return new Colour(
                    Math.clamp(red + dice.between(-spread, spread), 0, 255),
                    Math.clamp(green + dice.between(-spread, spread), 0, 255),
                    Math.clamp(blue + dice.between(-spread, spread), 0, 255));
        }

        /// Squared distance, weighted roughly as eyes do.
        double distance(Colour other) {
            double r = red - other.red;
            double g = green - other.green;
            double b = blue - other.blue;
            return 0.9 * r * r + 1.5 * g * g + 0.6 * b * b;
        }
    }

    /// Where a region of the unit circle lies on the canvas.
    ///
    /// @param xByX what a pixel to the right adds to the region's own x; the others likewise
    record Placement(
            double centreX,
            double centreY,
            double radius,
            double xByX,
            double xByY,
            double yByX,
            double yByY,
            double reach) {

        /// Centre and radius in pixels; stretched along the region's own x, then turned.
        static Placement turned(
                double centreX, double centreY, double radius, double stretch, double angle) {
            double cos = StrictMath.cos(angle);
            double sin = StrictMath.sin(angle);
            double across = radius * stretch;
            double along = radius / stretch;
            return new Placement(
                    centreX,
                    centreY,
                    radius,
                    cos / across,
                    sin / across,
                    -sin / along,
                    cos / along,
                    Math.max(across, along));
        }

        double unitX(double x, double y) {
            return (x - centreX) * xByX + (y - centreY) * xByY;
        }

        double unitY(double x, double y) {
            return (x - centreX) * yByX + (y - centreY) * yByY;
        }

        /// How far the corner of a pixel is from its middle, along the region's own x.
        double pixelX() {
            return 0.5 * (Math.abs(xByX) + Math.abs(xByY));
        }

        double pixelY() {
            return 0.5 * (Math.abs(yByX) + Math.abs(yByY));
        }
    }

    /// Covers everything.
    void flood(Gradient gradient) {
        double half = side / 2.0;
        for (int y = 0; y < side; y++) {
            for (int x = 0; x < side; x++) {
                double weight = gradient.weight((x + 0.5 - half) / half, (y + 0.5 - half) / half);
                blend((y * side + x) * 3, gradient, weight, 1);
            }
        }
    }

    /// Paints a region of the unit circle.
    void paint(Figure.Region region, Placement place, Gradient gradient) {
        int left = (int) Math.max(0, Math.floor(place.centreX() - place.reach()));
        int right = (int) Math.min(side, Math.ceil(place.centreX() + place.reach()));
        int top = (int) Math.max(0, Math.floor(place.centreY() - place.reach()));
        int bottom = (int) Math.min(side, Math.ceil(place.centreY() + place.reach()));
        for (int y = top; y < bottom; y++) {
            for (int x = left; x < right; x++) {
                double coverage = coverage(region, place, x, y);
                if (coverage > 0) {
                    double unitX = place.unitX(x + 0.5, y + 0.5);
                    double unitY = place.unitY(x + 0.5, y + 0.5);
                    blend((y * side + x) * 3, gradient, gradient.weight(unitX, unitY), coverage);
                }
            }
        }
    }

    /// Part of a pixel that the region covers: the sub-samples inside, counted.
    private static double coverage(Figure.Region region, Placement place, int x, int y) {
        double unitX = place.unitX(x + 0.5, y + 0.5);
        double unitY = place.unitY(x + 0.5, y + 0.5);
        if (Math.abs(unitX) > 1 + place.pixelX()
                || Math.abs(unitY) > region.halfHeight() + place.pixelY()) {
            return 0;
        }
        int inside = 0;
        for (int i = 0; i < FINE; i++) {
            for (int j = 0; j < FINE; j++) {
                double right = (j + 0.5) / FINE - 0.5;
                double down = (i + 0.5) / FINE - 0.5;
                double fineX = unitX + right * place.xByX() + down * place.xByY();
                double fineY = unitY + right * place.yByX() + down * place.yByY();
                if (region.contains(fineX, fineY)) {
                    inside++;
                }
            }
        }
        return inside / (double) (FINE * FINE);
    }

    private void blend(int at, Gradient gradient, double weight, double coverage) {
        Colour from = gradient.from();
        Colour to = gradient.to();
        double keep = 1 - coverage;
        pixels[at] = keep * pixels[at] + coverage * mix(from.red(), to.red(), weight);
        pixels[at + 1] = keep * pixels[at + 1] + coverage * mix(from.green(), to.green(), weight);
        pixels[at + 2] = keep * pixels[at + 2] + coverage * mix(from.blue(), to.blue(), weight);
    }

    private static double mix(double from, double to, double weight) {
        return from + (to - from) * weight;
    }

    /// The finished picture, with grain: nearly normal, of the given standard deviation.
    Image develop(Dice dice, double grain) {
        byte[] bytes = new byte[pixels.length];
        double scale = grain / 147.8; // deviation of a sum of four uniform bytes
        for (int i = 0; i < bytes.length; i += 2) {
            long bits = dice.bits();
            bytes[i] = rounded(pixels[i] + scale * (byteSum((int) bits) - 510));
            bytes[i + 1] = rounded(pixels[i + 1] + scale * (byteSum((int) (bits >>> 32)) - 510));
        }
        return new Image(side, side, 3, bytes);
    }

    private static int byteSum(int bits) {
        return (bits & 0xff) + (bits >>> 8 & 0xff) + (bits >>> 16 & 0xff) + (bits >>> 24);
    }

    private static byte rounded(double value) {
        return (byte) Math.clamp((int) Math.rint(value), 0, 255);
    }
}
