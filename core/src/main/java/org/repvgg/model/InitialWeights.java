package org.repvgg.model;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.repvgg.model.BranchedModel.AuxiliaryHead;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.SqueezeExciteSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Weights before the first step, the same for every engine.
///
/// Convolutions and linear layers are uniform in `±1/sqrt(fanIn)`, PyTorch's default, as in the
/// reference; batch norms start as the identity (weight 1, bias 0, mean 0, variance 1).
public final class InitialWeights {
    private final RepVggSpec spec;
    private final SplittableRandom random;

    private InitialWeights(RepVggSpec spec, long seed) {
        this.spec = spec;
        this.random = new SplittableRandom(seed);
    }

    /// A fresh training form; the same `seed` gives the same weights everywhere.
    public static BranchedModel random(RepVggSpec spec, InputSpec input, long seed) {
        return new InitialWeights(spec, seed).model(input);
    }

    /// A trained network for other classes: its blocks as they are, running statistics included;
    /// the classifier and those of auxiliary heads are drawn anew.
    ///
    /// @param trained not modified; the result shares its tensors, input and provenance
    public static BranchedModel withNewHead(BranchedModel trained, int classes, long seed) {
        RepVggSpec spec = trained.spec().toBuilder().classes(classes).build();
        var fresh = new InitialWeights(spec, seed);
        Linear head = fresh.linear(classes, spec.features());
        List<AuxiliaryHead> auxiliary = new ArrayList<>();
        for (AuxiliaryHead kept : trained.auxiliary()) {
            int width = kept.norm().channels();
            auxiliary.add(
                    new AuxiliaryHead(kept.weight(), kept.norm(), fresh.linear(classes, width)));
        }
        return new BranchedModel(
                spec, trained.blocks(), head, auxiliary, trained.input(), trained.provenance());
    }

    private BranchedModel model(InputSpec input) {
        List<BlockSpec> specs = spec.blocks();
        List<BranchedBlock> blocks = new ArrayList<>();
        for (int block = 0; block < specs.size(); block++) {
            blocks.add(block(block, specs.get(block)));
        }
        Linear head = linear(spec.classes(), spec.features());
        return new BranchedModel(spec, blocks, head, auxiliaryHeads(), input, Provenance.UNKNOWN);
    }

    private BranchedBlock block(int index, BlockSpec block) {
        List<Branch> branches = new ArrayList<>();
        for (BranchSpec branch : block.branches()) {
            BatchNorm norm = branch.hasNorm() ? norm(block.out()) : null;
            branches.add(branch(index, block, branch, norm));
        }
        return new BranchedBlock(
                block,
                branches,
                block.postNorm() ? norm(block.out()) : null,
                block.squeezeExcite() == null
                        ? null
                        : squeezeExcite(block.squeezeExcite(), block.out()));
    }

    private Branch branch(int index, BlockSpec block, BranchSpec branch, @Nullable BatchNorm norm) {
        return switch (branch) {
            case BranchSpec.Convolution convolution -> {
                RepVggSpec.BranchInput from = spec.branchInput(index, branch);
                int in = from.channels() / from.groups();
                int taps = convolution.height() * convolution.width();
                Shape shape = Shape.of(block.out(), in, convolution.height(), convolution.width());
                yield new Branch.Convolution(uniform(shape, in * taps), norm);
            }
            case BranchSpec.Identity _ -> new Branch.Identity(norm);
            case BranchSpec.Dirac _ ->
                    new Branch.Dirac(
                            uniform(
                                    Shape.of(block.out(), block.inPerGroup(), 3, 3),
                                    block.inPerGroup() * 9),
                            Tensor.filled(Shape.of(block.out()), 1),
                            Tensor.filled(Shape.of(block.out()), 0.1f), // DiracNet's own start
                            norm);
        };
    }

    private List<AuxiliaryHead> auxiliaryHeads() {
        if (!spec.auxiliaryHeads()) {
            return List.of();
        }
        List<AuxiliaryHead> heads = new ArrayList<>();
        for (int stage = 1; stage <= 3; stage++) {
            int width = spec.widths().get(stage);
            heads.add(
                    new AuxiliaryHead(
                            uniform(Shape.of(width, width, 3, 3), width * 9),
                            norm(width),
                            linear(spec.classes(), width)));
        }
        return heads;
    }

    private SqueezeExcite squeezeExcite(SqueezeExciteSpec gain, int channels) {
        int hidden = gain.hidden(channels);
        Linear down = linear(hidden, channels);
        Linear up = linear(channels, hidden);
        return new SqueezeExcite(down.weight(), down.bias(), up.weight(), up.bias());
    }

    private Linear linear(int out, int in) {
        return new Linear(uniform(Shape.of(out, in), in), uniform(Shape.of(out), in));
    }

    private static BatchNorm norm(int channels) {
        Shape shape = Shape.of(channels);
        Tensor one = Tensor.filled(shape, 1);
        Tensor zero = Tensor.zeros(shape);
        return new BatchNorm(one, zero, zero, one, BatchNorm.EPSILON);
    }

    private Tensor uniform(Shape shape, int fanIn) {
        float[] values = new float[shape.elements()];
        double bound = 1 / Math.sqrt(fanIn);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) ((2 * random.nextDouble() - 1) * bound);
        }
        return Tensor.ofOwned(shape, values);
    }
}
