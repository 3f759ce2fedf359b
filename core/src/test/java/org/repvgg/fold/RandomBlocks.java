package org.repvgg.fold;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedBlock;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Blocks with weights as after long training: batch norms with scales of both signs, variances
/// over five orders of magnitude and means far from zero.
final class RandomBlocks {
    private static final List<String> BRANCHES =
            List.of(
                    "conv3x3",
                    "conv1x1",
                    "identity",
                    "conv1x3",
                    "conv3x1",
                    "dirac",
                    "conv3x3-nobn",
                    "conv1x1-nobn",
                    "identity-nobn",
                    "dirac-nobn");

    private final SplittableRandom random;

    RandomBlocks(SplittableRandom random) {
        this.random = random;
    }

    /// Any branches, strides, groups, channels.
    BlockSpec anySpec() {
        int groups = 1 + random.nextInt(4);
        int in = groups * (1 + random.nextInt(3));
        int out = random.nextBoolean() ? in : groups * (1 + random.nextInt(3));
        int stride = 1 + random.nextInt(2);
        List<BranchSpec> branches = new ArrayList<>();
        int count = 1 + random.nextInt(5);
        while (branches.size() < count) {
            BranchSpec branch = BranchSpec.parse(BRANCHES.get(random.nextInt(BRANCHES.size())));
            if (!(branch instanceof BranchSpec.Identity) || (in == out && stride == 1)) {
                branches.add(branch);
            }
        }
        return new BlockSpec(in, out, stride, groups, branches, random.nextInt(3) == 0, null);
    }

    BranchedBlock block(BlockSpec spec) {
        List<Branch> branches = new ArrayList<>();
        for (BranchSpec branch : spec.branches()) {
            BatchNorm norm = branch.hasNorm() ? norm(spec.out()) : null;
            branches.add(branch(spec, branch, norm));
        }
        return new BranchedBlock(spec, branches, spec.postNorm() ? norm(spec.out()) : null, null);
    }

    private Branch branch(BlockSpec spec, BranchSpec branch, @Nullable BatchNorm norm) {
        int in = spec.inPerGroup();
        return switch (branch) {
            case BranchSpec.Convolution c ->
                    new Branch.Convolution(
                            uniform(Shape.of(spec.out(), in, c.height(), c.width()), -1, 1), norm);
            case BranchSpec.Identity _ -> new Branch.Identity(norm);
            case BranchSpec.Dirac _ ->
                    new Branch.Dirac(
                            uniform(Shape.of(spec.out(), in, 3, 3), -1, 1),
                            uniform(Shape.of(spec.out()), -2, 2),
                            uniform(Shape.of(spec.out()), -2, 2),
                            norm);
        };
    }

    BatchNorm norm(int channels) {
        Shape shape = Shape.of(channels);
        float[] variance = uniform(shape, -4, 1).toArray();
        for (int c = 0; c < channels; c++) {
            variance[c] = (float) Math.pow(10, variance[c]);
        }
        return new BatchNorm(
                uniform(shape, -2, 2),
                uniform(shape, -1, 1),
                uniform(shape, -3, 3),
                Tensor.ofOwned(shape, variance),
                BatchNorm.EPSILON);
    }

    double[][][][] images(int count, int channels, int height, int width) {
        var x = new double[count][channels][height][width];
        for (double[][][] image : x) {
            for (double[][] plane : image) {
                for (double[] row : plane) {
                    for (int i = 0; i < row.length; i++) {
                        row[i] = random.nextDouble(-2, 2);
                    }
                }
            }
        }
        return x;
    }

    private Tensor uniform(Shape shape, double low, double high) {
        float[] values = new float[shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(low, high);
        }
        return Tensor.ofOwned(shape, values);
    }
}
