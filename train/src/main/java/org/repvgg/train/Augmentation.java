package org.repvgg.train;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/// Random changes of a training image, drawn anew in every epoch.
///
/// @param padding pixels by which the image may move in each direction; what moves in mirrors the
///   border
/// @param flip whether images are mirrored left to right, each in every other epoch
/// @param cutout side in pixels of a square blanked at a random place; 0 for none
/// @param distortion turning, zooming and colouring of half of the images
public record Augmentation(int padding, boolean flip, int cutout, Distortion distortion) {
    /// Images as they are.
    static final Augmentation NONE = new Augmentation(0, false, 0, Distortion.NONE);

    public Augmentation {
        checkArgument(padding >= 0, "padding must not be negative: %s", padding);
        checkArgument(cutout >= 0, "cutout must not be negative: %s", cutout);
    }

    /// Moving and mirroring only: the paper's simple augmentation.
    static Augmentation simple(int padding) {
        return new Augmentation(padding, true, 0, Distortion.NONE);
    }

    /// The same without cutout and distortion.
    Augmentation withoutDistortion() {
        return new Augmentation(padding, flip, 0, Distortion.NONE);
    }

    /// Changes one image.
    ///
    /// @param source `[channels,height,width]` from `sourceOffset`; not modified
    /// @param target likewise from `targetOffset`; overwritten
    /// @param turn whether it is the image's turn to be mirrored, where images are
    /// @param random decides the rest; the same state gives the same change
    void apply(
            float[] source,
            float[] target,
            int targetOffset,
            int channels,
            int height,
            int width,
            boolean turn,
            SplittableRandom random) {
        int dy = padding == 0 ? 0 : random.nextInt(2 * padding + 1) - padding;
        int dx = padding == 0 ? 0 : random.nextInt(2 * padding + 1) - padding;
        boolean mirror = flip && turn;
        if (distortion.isNone() || random.nextBoolean()) {
            move(source, target, targetOffset, channels, height, width, dy, dx, mirror);
        } else {
            distortion.apply(
                    source, target, targetOffset, channels, height, width, dy, dx, mirror, random);
        }
        if (cutout > 0) {
            blank(target, targetOffset, channels, height, width, random);
        }
    }

    private static void move(
            float[] source,
            float[] target,
            int targetOffset,
            int channels,
            int height,
            int width,
            int dy,
            int dx,
            boolean mirror) {
        for (int c = 0; c < channels; c++) {
            for (int y = 0; y < height; y++) {
                int from = (c * height + reflect(y + dy, height)) * width;
                int to = targetOffset + (c * height + y) * width;
                for (int x = 0; x < width; x++) {
                    int column = reflect((mirror ? width - 1 - x : x) + dx, width);
                    target[to + x] = source[from + column];
                }
            }
        }
    }

    /// Sets a square around a random centre to zero, the mean of normalised images.
    private void blank(
            float[] target,
            int offset,
            int channels,
            int height,
            int width,
            SplittableRandom random) {
        int top = random.nextInt(height) - cutout / 2;
        int left = random.nextInt(width) - cutout / 2;
        int fromX = Math.max(0, left);
        int toX = Math.min(width, left + cutout);
        for (int c = 0; c < channels; c++) {
            for (int y = Math.max(0, top); y < Math.min(height, top + cutout); y++) {
                int row = offset + (c * height + y) * width;
                Arrays.fill(target, row + fromX, row + Math.max(fromX, toX), 0f);
            }
        }
    }

    /// Mirrors an index at the borders until it lies in `[0,size)`; the border itself is not
    /// repeated.
    static int reflect(int index, int size) {
        if (size == 1) {
            return 0;
        }
        int i = Math.floorMod(index, 2 * size - 2);
        return i < size ? i : 2 * size - 2 - i;
    }

    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        if (padding > 0) {
            parts.add("move up to " + padding + " pixels");
        }
        if (flip) {
            parts.add("flip in every other epoch");
        }
        if (cutout > 0) {
            parts.add("cutout " + cutout + "x" + cutout);
        }
        if (!distortion.isNone()) {
            parts.add(distortion.toString());
        }
        return parts.isEmpty() ? "none" : String.join(", ", parts);
    }
}
