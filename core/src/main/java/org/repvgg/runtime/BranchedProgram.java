package org.repvgg.runtime;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.repvgg.kernel.Activation;
import org.repvgg.kernel.ConvShape;
import org.repvgg.kernel.Kernels;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedBlock;
import org.repvgg.model.BranchedModel;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.SqueezeExciteSpec.Placement;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Compiles the training form as it stands: every branch runs, every batch norm is applied to what
/// its branch answers.
///
/// Nothing is folded, so that this is a witness for the fold, not a second fold.
final class BranchedProgram {
    private final BranchedModel model;
    private final Program.Builder builder;
    private final List<Integer> inputs = new ArrayList<>(); // register that each block reads

    private BranchedProgram(BranchedModel model, Kernels kernels) {
        this.model = model;
        this.builder =
                new Program.Builder(
                        kernels, TransformedMemory.none(), model.spec().inputChannels());
    }

    /// @throws IllegalArgumentException if weights do not fit the spec, naming the block
    static Program compile(BranchedModel model, Kernels kernels) {
        return new BranchedProgram(model, kernels).compile();
    }

    private Program compile() {
        inputs.add(0);
        for (int block = 0; block < model.blocks().size(); block++) {
            inputs.add(block(block, model.blocks().get(block)));
        }
        int features = builder.mean(inputs.getLast());
        return builder.build(builder.linear(features, model.head(), Activation.NONE, "linear"));
    }

    private int block(int index, BranchedBlock block) {
        BlockSpec spec = block.spec();
        String place = model.spec().place(index).toString();
        checkArgument(
                spec.in() == builder.channels(inputs.get(index)),
                "a block takes %s channels, %s arrive: %s",
                spec.in(),
                builder.channels(inputs.get(index)),
                place);
        int sum = builder.maps(inputs.get(index), spec.out(), spec.stride());
        for (int b = 0; b < spec.branches().size(); b++) {
            branch(index, spec.branches().get(b), block.branches().get(b), sum, b == 0);
        }
        if (block.postNorm() != null) {
            builder.add(
                    new Step.Affine(sum, sum, line(block.postNorm(), sum, place), Activation.NONE));
        }
        boolean gainFirst =
                spec.squeezeExcite() != null
                        && spec.squeezeExcite().placement() == Placement.BEFORE_RELU;
        if (!gainFirst) {
            builder.add(new Step.Relu(sum));
        }
        if (block.squeezeExcite() != null) {
            builder.gain(sum, block.squeezeExcite(), place);
        }
        if (gainFirst) {
            builder.add(new Step.Relu(sum));
        }
        builder.add(new Step.BlockOutput(index, sum));
        return sum;
    }

    /// Adds one branch to `sum`, or starts the sum with it.
    private void branch(int index, BranchSpec spec, Branch branch, int sum, boolean first) {
        String place = model.spec().place(index) + " " + spec;
        checkArgument(
                spec.hasNorm() == (branch.norm() != null),
                "spec says norm=%s, weights say %s: %s",
                spec.hasNorm(),
                branch.norm() != null,
                place);
        int source = inputs.get(index - spec.reach());
        BlockSpec block = model.blocks().get(index).spec();
        int mapped =
                switch (branch) {
                    case Branch.Identity _ when spec instanceof BranchSpec.Identity -> source;
                    case Branch.Convolution(Tensor weight, _)
                            when spec instanceof BranchSpec.Convolution kernel -> {
                        RepVggSpec.BranchInput from = model.spec().branchInput(index, spec);
                        ConvShape shape =
                                new ConvShape(
                                        from.channels(),
                                        block.out(),
                                        from.groups(),
                                        kernel.height(),
                                        kernel.width(),
                                        from.stride());
                        yield convolve(shape, weight, source, sum, first, place);
                    }
                    case Branch.Dirac dirac when spec instanceof BranchSpec.Dirac -> {
                        ConvShape shape =
                                new ConvShape(
                                        block.in(),
                                        block.out(),
                                        block.groups(),
                                        3,
                                        3,
                                        block.stride());
                        yield convolve(
                                shape, DiracKernel.of(dirac, shape), source, sum, first, place);
                    }
                    case Branch.Identity _, Branch.Convolution _, Branch.Dirac _ ->
                            throw new IllegalArgumentException(
                                    "weights are of kind "
                                            + branch.getClass().getSimpleName()
                                            + ", the spec wants another: "
                                            + place);
                };
        addUp(mapped, branch.norm(), spec.tail(), sum, first, place);
    }

    /// Convolves into the sum itself where it is still empty, else beside it.
    private int convolve(
            ConvShape shape, Tensor weight, int source, int sum, boolean first, String place) {
        Shape wanted = Shape.of(shape.out(), shape.inPerGroup(), shape.height(), shape.width());
        checkArgument(
                weight.shape().equals(wanted),
                "weight is %s, spec wants %s: %s",
                weight.shape(),
                wanted,
                place);
        int to = first ? sum : builder.maps(source, shape.out(), shape.stride());
        builder.convolve(
                source, to, shape, weight.unsafeArray(), new float[shape.out()], Activation.NONE);
        return to;
    }

    private void addUp(
            int mapped,
            @Nullable BatchNorm norm,
            BranchSpec.Tail tail,
            int sum,
            boolean first,
            String place) {
        Activation activation =
                tail == BranchSpec.Tail.NORM_RELU ? Activation.RELU : Activation.NONE;
        if (norm == null) {
            if (!first) {
                builder.add(new Step.Add(mapped, sum));
            } else if (mapped != sum) {
                ChannelLine copy = ChannelLine.identity(builder.channels(sum));
                builder.add(new Step.Affine(mapped, sum, copy, Activation.NONE));
            }
        } else if (first) {
            builder.add(new Step.Affine(mapped, sum, line(norm, sum, place), activation));
        } else {
            builder.add(new Step.AddAffine(mapped, sum, line(norm, sum, place), activation));
        }
    }

    private ChannelLine line(BatchNorm norm, int register, String place) {
        checkArgument(
                norm.channels() == builder.channels(register),
                "a batch norm has %s channels, %s arrive: %s",
                norm.channels(),
                builder.channels(register),
                place);
        return ChannelLine.of(norm);
    }
}
