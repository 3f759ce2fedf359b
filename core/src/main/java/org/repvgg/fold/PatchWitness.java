package org.repvgg.fold;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedBlock;
import org.repvgg.model.PlainLayer;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// What a block answers on one 3x3 patch of its input, branch by branch and by the definition: a
/// witness for a fold where the network around the block is not known.
final class PatchWitness {
    private static final int SIDE = 3;
    private static final int TAPS = SIDE * SIDE;
    private static final int CENTRE = 4;
    private static final long SEED = 1;

    /// A fold rounds each weight once, so its answer is off by at most `2^-24 (Σ|W x| + |b|)`;
    /// twice that leaves room for the rounding of doubles.
    private static final double ROUNDING = 0x1p-23;

    private final BranchedBlock block;
    private final int inPerGroup;
    private final double[] patch; // [in,3,3]

    private PatchWitness(BranchedBlock block) {
        this.block = block;
        this.inPerGroup = block.spec().inPerGroup();
        this.patch = new double[block.spec().in() * TAPS];
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < patch.length; i++) {
            patch[i] = random.nextGaussian();
        }
    }

    /// The largest difference over all outputs.
    ///
    /// @throws IllegalArgumentException if it is larger than rounding explains, or no number
    static double difference(BranchedBlock block, PlainLayer.Conv3x3 plain) {
        var witness = new PatchWitness(block);
        double largest = 0;
        for (int o = 0; o < block.spec().out(); o++) {
            double difference = Math.abs(witness.plain(plain, o) - witness.branches(o));
            double allowed = ROUNDING * witness.magnitude(plain, o);
            checkArgument(
                    difference <= allowed, // NaN is not
                    "the folded block does not answer alike: output %s differs by %s, rounding"
                            + " explains %s",
                    o,
                    difference,
                    allowed);
            largest = Math.max(largest, difference);
        }
        return largest;
    }

    private double plain(PlainLayer.Conv3x3 plain, int o) {
        double sum = plain.bias().get(o);
        for (int i = 0; i < inPerGroup * TAPS; i++) {
            sum += plain.weight().get(o * inPerGroup * TAPS + i) * input(o, i);
        }
        return sum;
    }

    private double magnitude(PlainLayer.Conv3x3 plain, int o) {
        double sum = Math.abs(plain.bias().get(o)) + Float.MIN_NORMAL;
        for (int i = 0; i < inPerGroup * TAPS; i++) {
            sum += Math.abs(plain.weight().get(o * inPerGroup * TAPS + i) * input(o, i));
        }
        return sum;
    }

    private double branches(int o) {
        double sum = 0;
        for (Branch branch : block.branches()) {
            double answer =
                    switch (branch) {
                        case Branch.Convolution(Tensor weight, _) -> convolution(weight, o);
                        case Branch.Identity _ -> patch[o * TAPS + CENTRE];
                        case Branch.Dirac _ ->
                                throw new IllegalArgumentException("no witness for DiracNet");
                    };
            sum += normalised(branch.norm(), o, answer);
        }
        return normalised(block.postNorm(), o, sum);
    }

    private double convolution(Tensor weight, int o) {
        Shape shape = weight.shape();
        int height = shape.dimension(2);
        int width = shape.dimension(3);
        int at = o * inPerGroup * height * width;
        double sum = 0;
        for (int i = 0; i < inPerGroup; i++) {
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    int row = y + (SIDE - height) / 2;
                    int column = x + (SIDE - width) / 2;
                    sum += weight.get(at++) * input(o, i * TAPS + row * SIDE + column);
                }
            }
        }
        return sum;
    }

    /// Element `i` of what output `o` sees.
    private double input(int o, int i) {
        int group = o / (block.spec().out() / block.spec().groups());
        return patch[group * inPerGroup * TAPS + i];
    }

    private static double normalised(@Nullable BatchNorm norm, int o, double x) {
        if (norm == null) {
            return x;
        }
        double deviation = Math.sqrt((double) norm.variance().get(o) + norm.epsilon());
        return norm.weight().get(o) * (x - norm.mean().get(o)) / deviation + norm.bias().get(o);
    }
}
