package org.repvgg.train;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.SplittableRandom;

/// Turning, zooming and colouring of a training image by random amounts.
///
/// @param degrees most that an image is turned either way
/// @param zoom most that it grows or shrinks, as a factor; 1 for none
/// @param colour most that contrast and saturation change, as a part, and brightness, in deviations
public record Distortion(double degrees, double zoom, double colour) {
    static final Distortion NONE = new Distortion(0, 1, 0);

    public Distortion {
        checkArgument(degrees >= 0 && degrees <= 180, "degrees must be in [0,180]: %s", degrees);
        checkArgument(zoom >= 1 && zoom <= 4, "the zoom must be in [1,4]: %s", zoom);
        checkArgument(colour >= 0 && colour < 1, "the colour must be in [0,1): %s", colour);
    }

    boolean isNone() {
        return equals(NONE);
    }

    /// Changes one image: output `(y,x)` takes input `centre + turn(zoom * ((y,x) - centre)) +
    /// (dy,dx)`, between four pixels in proportion; what lies beyond the border mirrors it.
    ///
    /// @param source `[channels,height,width]`; not modified
    /// @param target likewise from `targetOffset`; overwritten
    void apply(
            float[] source,
            float[] target,
            int targetOffset,
            int channels,
            int height,
            int width,
            int dy,
            int dx,
            boolean mirror,
            SplittableRandom random) {
        double angle = Math.toRadians(symmetric(random, degrees));
        double factor = Math.exp(symmetric(random, Math.log(zoom)));
        double cosine = factor * Math.cos(angle);
        double sine = factor * Math.sin(angle);
        double middleY = (height - 1) / 2.0;
        double middleX = (width - 1) / 2.0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double v = y - middleY;
                double u = mirror ? middleX - x : x - middleX;
                double row = middleY + dy + cosine * v + sine * u;
                double column = middleX + dx + cosine * u - sine * v;
                sample(
                        source,
                        row,
                        column,
                        target,
                        targetOffset + y * width + x,
                        channels,
                        height,
                        width);
            }
        }
        colour(target, targetOffset, channels, height * width, random);
    }

    private static void sample(
            float[] source,
            double row,
            double column,
            float[] target,
            int at,
            int channels,
            int height,
            int width) {
        int y = (int) Math.floor(row);
        int x = (int) Math.floor(column);
        float down = (float) (row - y);
        float right = (float) (column - x);
        int top = Augmentation.reflect(y, height) * width;
        int bottom = Augmentation.reflect(y + 1, height) * width;
        int west = Augmentation.reflect(x, width);
        int east = Augmentation.reflect(x + 1, width);
        int plane = height * width;
        for (int c = 0; c < channels; c++) {
            int from = c * plane;
            float above =
                    (1 - right) * source[from + top + west] + right * source[from + top + east];
            float below =
                    (1 - right) * source[from + bottom + west]
                            + right * source[from + bottom + east];
            target[at + from] = (1 - down) * above + down * below;
        }
    }

    /// `contrast * (grey + saturation * (value - grey)) + brightness`, on normalised values.
    private void colour(
            float[] target, int offset, int channels, int plane, SplittableRandom random) {
        if (colour == 0) {
            return;
        }
        float contrast = (float) (1 + symmetric(random, colour));
        float saturation = (float) (1 + symmetric(random, colour));
        float brightness = (float) symmetric(random, colour);
        for (int p = 0; p < plane; p++) {
            float grey = 0;
            for (int c = 0; c < channels; c++) {
                grey += target[offset + c * plane + p] / channels;
            }
            for (int c = 0; c < channels; c++) {
                int at = offset + c * plane + p;
                float value = grey + saturation * (target[at] - grey);
                target[at] = contrast * value + brightness;
            }
        }
    }

    /// Uniform in `[-most,most]`.
    private static double symmetric(SplittableRandom random, double most) {
        return (2 * random.nextDouble() - 1) * most;
    }

    @Override
    public String toString() {
        return "half of the images turned up to %s degrees, zoomed up to %s, coloured up to %s"
                .formatted(degrees, zoom, colour);
    }
}
