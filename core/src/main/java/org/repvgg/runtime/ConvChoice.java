package org.repvgg.runtime;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.List;
import java.util.Optional;
import org.repvgg.kernel.ConvPlan;
import org.repvgg.kernel.ConvPlan.Region;
import org.repvgg.kernel.ConvShape;
import org.repvgg.kernel.FeatureMaps;
import org.repvgg.kernel.Winograd;

/// Which algorithm computes a convolution on given maps: the one of the least estimated cost, in
/// multiply-adds.
///
/// Products count as they are, in register tiles that may be half full. Weights that come from
/// beyond the second-level cache count for each time they come; a transform counts for each value
/// it reads and writes.
final class ConvChoice {
    /// Rows of a register tile.
    private static final int ROWS = 5;

    /// Rows that cost as much as what a rest wastes.
    private static final double REST = 1.5;

    /// Multiply-adds that take as long as one value read or written by a transform.
    private static final double TRANSFORM = 3;

    /// Multiply-adds that take as long as one weight from the third-level cache.
    static final double STREAM = 8;

    /// Bytes of transformed inputs and products that stay in the second-level cache.
    private static final double CACHE_BYTES = 1 << 20;

    /// Tiles in a piece at least, so that weights are used some times when they come.
    private static final int FEWEST_TILES = 20;

    private ConvChoice() {}

    /// What the estimate says.
    static ConvChooser estimated(int lanes) {
        return (_, direct, shape, to) -> choose(direct, shape, to, lanes);
    }

    /// What a tuned plan says, convolution by convolution.
    ///
    /// @throws IllegalArgumentException on choosing, where the algorithm cannot compute it
    static ConvChooser given(List<Optional<Winograd>> algorithms, int lanes) {
        return (number, _, shape, to) -> {
            Optional<Winograd> wanted = algorithms.get(number);
            checkArgument(
                    wanted.isEmpty() || isPossible(wanted.get(), shape, to, lanes),
                    "the plan computes convolution %s, %s to maps of %sx%s, by %s, which cannot",
                    number,
                    shape,
                    to.height(),
                    to.width(),
                    wanted.map(Winograd::name).orElse(""));
            return wanted;
        };
    }

    /// One algorithm for every convolution that it can compute.
    static ConvChooser wherePossible(Optional<Winograd> algorithm, int lanes) {
        return (_, _, shape, to) -> algorithm.filter(one -> isPossible(one, shape, to, lanes));
    }

    private static boolean isPossible(
            Winograd algorithm, ConvShape shape, FeatureMaps to, int lanes) {
        return shape.height() == 3
                && shape.width() == 3
                && shape.stride() == 1
                && shape.inPerGroup() >= lanes
                && shape.outPerGroup() >= lanes
                && algorithm.fits(to.height(), to.width());
    }

    /// The algorithm for maps of this many images; empty for direct convolution.
    static Optional<Winograd> choose(ConvPlan direct, ConvShape shape, FeatureMaps to, int lanes) {
        double best = direct(direct, shape);
        Optional<Winograd> choice = Optional.empty();
        for (Winograd algorithm : Winograd.values()) {
            if (isPossible(algorithm, shape, to, lanes)) {
                double cost = transformed(algorithm, shape, to);
                if (cost < best) {
                    best = cost;
                    choice = Optional.of(algorithm);
                }
            }
        }
        return choice;
    }

    /// Most tiles of a piece.
    static int capacity(Winograd algorithm, ConvShape shape, int tiles) {
        double bytes = Float.BYTES * (double) algorithm.positions() * (shape.in() + shape.out());
        int fit = Math.max(FEWEST_TILES, (int) (CACHE_BYTES / bytes));
        int even = Math.ceilDiv(tiles, Math.ceilDiv(tiles, fit));
        return even <= ROWS ? even : Math.ceilDiv(even, ROWS) * ROWS;
    }

    private static double direct(ConvPlan plan, ConvShape shape) {
        double products = 0;
        for (Region region : plan.regions()) {
            products += full(plan.capacity() * region.perImage()) * region.terms();
        }
        return products * shape.out() + STREAM * shape.terms() * shape.out();
    }

    private static double transformed(Winograd algorithm, ConvShape shape, FeatureMaps to) {
        int tiles = tiles(algorithm, to);
        int capacity = capacity(algorithm, shape, tiles);
        double weights = (double) algorithm.positions() * shape.inPerGroup() * shape.out();
        double runs = Math.ceil((double) tiles / capacity);
        int products = algorithm.products();
        double in = (double) (algorithm.inputs() + products) * (algorithm.inputs() + products);
        double out = (double) (algorithm.outputs() + products) * (algorithm.outputs() + products);
        double values = tiles * (in * shape.in() + out * shape.out());
        return weights * (full(capacity) * runs + STREAM * runs) + TRANSFORM * values;
    }

    /// Tiles that cover all images.
    static int tiles(Winograd algorithm, FeatureMaps to) {
        return to.images() * algorithm.tiles(to.height(), to.width());
    }

    /// What some rows cost; the rest that fills no register tile goes by smaller ones, which wait
    /// for their sums.
    private static double full(int rows) {
        return rows % ROWS == 0 ? rows : rows + REST;
    }
}
