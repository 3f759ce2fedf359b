package org.repvgg.kernel;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Where each output pixel of a convolution reads and writes: all index arithmetic, done once for a
/// shape.
///
/// Pixels are listed, not counted, so a register tile takes the next five whether they share a row,
/// an image or neither: small maps in large batches run as well as large maps. A [Region] is a run
/// of pixels that use the same taps. Either there is one with all taps, reading the border, or
/// border pixels have regions of their own that skip it; the plan takes what multiplies less,
/// counting half-filled tiles as full.
public final class ConvPlan {
    /// Pixels a register tile takes; only an estimate here.
    private static final int TILE = 5;

    private final ConvShape shape;
    private final FeatureMaps from;
    private final FeatureMaps to;
    private final int capacity;
    private final List<Region> regions;
    final int[] xAt;
    final int[] yAt;

    /// @param from maps read; their images are the most a pass may have
    /// @param to maps written
    public ConvPlan(ConvShape shape, FeatureMaps from, FeatureMaps to) {
        checkArgument(
                from.channels() == shape.in() && to.channels() == shape.out(),
                "%s cannot map %s channels to %s",
                shape,
                from.channels(),
                to.channels());
        checkArgument(
                to.height() == shape.outputSize(from.height())
                        && to.width() == shape.outputSize(from.width())
                        && to.images() == from.images(),
                "%s maps %s images of %sx%s not to %s of %sx%s",
                shape,
                from.images(),
                from.height(),
                from.width(),
                to.images(),
                to.height(),
                to.width());
        this.shape = shape;
        this.from = from;
        this.to = to;
        this.capacity = from.images();
        int pixels = Math.multiplyExact(capacity, Math.multiplyExact(to.height(), to.width()));
        this.xAt = new int[pixels];
        this.yAt = new int[pixels];
        this.regions = List.copyOf(list());
    }

    /// Pixels `[first, first + images*perImage)` of the list, image by image; all use the same
    /// taps.
    ///
    /// A step is a run of `length` inputs that lie together, and its weights likewise: a row of
    /// taps where there is one group, else a tap.
    ///
    /// @param first index of its first pixel
    /// @param perImage pixels in each image
    /// @param length inputs in one step
    /// @param steps for each step two numbers: floats from the pixel's first tap, and terms from
    ///   the first weight
    public record Region(int first, int perImage, int length, Steps steps) {
        /// A region of one step.
        static Region single(int first, int length, int weight) {
            return new Region(first, 1, length, new Steps(new int[] {0, weight}));
        }

        /// Products that one output sums here.
        public int terms() {
            return length * (steps.numbers.length / 2);
        }
    }

    /// The numbers of a [Region]'s steps.
    static final class Steps {
        final int[] numbers;

        private Steps(int[] numbers) {
            this.numbers = numbers;
        }
    }

    /// Whether the plan was made for this convolution and maps of these shapes.
    boolean fits(ConvShape otherShape, FeatureMaps otherFrom, FeatureMaps otherTo) {
        return shape.equals(otherShape) && from.sameShape(otherFrom) && to.sameShape(otherTo);
    }

    /// Most images in a pass.
    public int capacity() {
        return capacity;
    }

    public List<Region> regions() {
        return regions;
    }

    /// Taps `[top,bottom)` and `[left,right)` of a kernel.
    private record Taps(int top, int bottom, int left, int right) {
        int count() {
            return (bottom - top) * (right - left);
        }
    }

    private List<Region> list() {
        Taps all = new Taps(0, shape.height(), 0, shape.width());
        Map<Taps, Integer> classes = new LinkedHashMap<>();
        for (int y = 0; y < to.height(); y++) {
            for (int x = 0; x < to.width(); x++) {
                classes.merge(inside(y, x), 1, Integer::sum);
            }
        }
        long split = 0;
        for (Map.Entry<Taps, Integer> entry : classes.entrySet()) {
            split += cost(entry.getValue(), entry.getKey());
        }
        boolean padded = from.border() == 1 || (classes.size() == 1 && classes.containsKey(all));
        if (padded && cost(to.height() * to.width(), all) <= split) {
            classes = Map.of(all, to.height() * to.width());
        }
        List<Region> found = new ArrayList<>();
        int first = 0;
        for (Map.Entry<Taps, Integer> entry : classes.entrySet()) {
            Taps taps = entry.getKey();
            found.add(region(taps, first, entry.getValue()));
            first = fill(classes.size() == 1, taps, first);
        }
        return found;
    }

    private long cost(int perImage, Taps taps) {
        long pixels = (long) capacity * perImage;
        return (pixels + TILE - 1) / TILE * taps.count();
    }

    /// The taps that fall inside the image at output pixel `(y,x)`.
    private Taps inside(int y, int x) {
        int top = y * shape.stride() - shape.height() / 2;
        int left = x * shape.stride() - shape.width() / 2;
        return new Taps(
                Math.max(0, -top),
                Math.min(shape.height(), from.height() - top),
                Math.max(0, -left),
                Math.min(shape.width(), from.width() - left));
    }

    private Region region(Taps taps, int first, int perImage) {
        int inputs = shape.inPerGroup();
        int rows = taps.bottom - taps.top;
        int columns = taps.right - taps.left;
        int runs = shape.groups() == 1 ? 1 : columns; // one group: the taps of a row lie together
        int[] steps = new int[2 * rows * runs];
        int at = 0;
        for (int row = taps.top; row < taps.bottom; row++) {
            for (int run = 0; run < runs; run++) {
                int column = taps.left + run;
                steps[at++] = row * from.rowStride() + column * from.channels();
                steps[at++] = (row * shape.width() + column) * inputs;
            }
        }
        return new Region(first, perImage, inputs * columns / runs, new Steps(steps));
    }

    /// Lists the pixels that use `taps`, or all; returns where the next region starts.
    private int fill(boolean all, Taps taps, int first) {
        int at = first;
        for (int image = 0; image < capacity; image++) {
            for (int y = 0; y < to.height(); y++) {
                for (int x = 0; x < to.width(); x++) {
                    if (all || taps.equals(inside(y, x))) {
                        int top = y * shape.stride() - shape.height() / 2;
                        int left = x * shape.stride() - shape.width() / 2;
                        xAt[at] = from.offset(image, top, left);
                        yAt[at] = to.offset(image, y, x);
                        at++;
                    }
                }
            }
        }
        return at;
    }
}
