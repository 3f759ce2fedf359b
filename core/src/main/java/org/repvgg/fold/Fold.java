package org.repvgg.fold;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedBlock;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.PlainLayer;
import org.repvgg.model.PlainModel;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.BranchSpec.Tail;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Turns the training form into the plain form that answers the same (paper section 3.3, Figure 4).
///
/// Every branch of a block is a linear map of the same input, so it is a 3x3 convolution, so is it
/// with its batch norm, so is their sum:
///
/// ```
/// conv 3x3 ── BN ─┐
/// conv 1x1 ── BN ─┼─ + ── (BN) ── ReLU      ⟶      conv 3x3 ── ReLU
/// identity ── BN ─┘
/// ```
///
/// Batch norms are those of evaluation, with running statistics. Squeeze-and-excitation depends on
/// the image and stays a layer of its own; auxiliary heads are dropped. All arithmetic is in
/// double, output by output; each weight is rounded to float once.
public final class Fold {
    private Fold() {}

    /// Folds a network; `model` is not modified.
    ///
    /// @throws NotFoldableException if a branch is not a linear map of its block's input
    public static PlainModel fold(BranchedModel model) {
        RepVggSpec spec = model.spec();
        List<PlainModel.Block> blocks = new ArrayList<>();
        for (int i = 0; i < model.blocks().size(); i++) {
            BranchedBlock block = model.blocks().get(i);
            blocks.add(
                    new PlainModel.Block(
                            fold(block, spec.place(i).toString()), block.squeezeExcite()));
        }
        return PlainModel.of(spec, blocks, model.head(), model.input(), model.provenance());
    }

    /// Folds one block, without its ReLU and its gain.
    ///
    /// @param place the block's name, for messages
    /// @throws NotFoldableException if a branch is not a linear map of the block's input
    public static PlainLayer.Conv3x3 fold(BranchedBlock block, String place) {
        BlockSpec spec = block.spec();
        checkFoldable(spec, place);
        checkShapes(block, place);
        Shape shape = Shape.of(spec.out(), spec.inPerGroup(), Filter.SIDE, Filter.SIDE);
        float[] weights = new float[shape.elements()];
        float[] biases = new float[spec.out()];
        Filter sum = new Filter(spec.inPerGroup());
        Filter scratch = new Filter(spec.inPerGroup());
        for (int o = 0; o < spec.out(); o++) {
            add(block, o, sum, scratch);
            sum.writeTo(weights, biases, o);
        }
        return new PlainLayer.Conv3x3(
                Tensor.ofOwned(shape, weights),
                Tensor.ofOwned(Shape.of(spec.out()), biases),
                spec.stride(),
                spec.groups());
    }

    /// Adds up what the branches have for output `o`.
    ///
    /// @param sum overwritten
    /// @param scratch overwritten
    private static void add(BranchedBlock block, int o, Filter sum, Filter scratch) {
        set(sum, block.branches().getFirst(), block.spec(), o);
        for (int b = 1; b < block.branches().size(); b++) {
            set(scratch, block.branches().get(b), block.spec(), o);
            sum.add(scratch);
        }
        if (block.postNorm() != null) {
            sum.normalise(block.postNorm(), o);
        }
    }

    /// Makes `filter` output `o` of one branch, with its batch norm.
    private static void set(Filter filter, Branch branch, BlockSpec block, int o) {
        int outPerGroup = block.out() / block.groups();
        switch (branch) {
            case Branch.Convolution convolution -> filter.setPadded(convolution.weight(), o);
            case Branch.Identity _ -> filter.setIdentity(o, outPerGroup);
            case Branch.Dirac dirac -> filter.setDirac(dirac, o, outPerGroup);
        }
        if (branch.norm() != null) {
            filter.normalise(branch.norm(), o);
        }
    }

    private static void checkShapes(BranchedBlock block, String place) {
        for (Branch branch : block.branches()) {
            switch (branch) {
                case Branch.Convolution(Tensor weight, _) ->
                        checkShape(weight, block.spec(), place);
                case Branch.Dirac dirac -> checkShape(dirac.weight(), block.spec(), place);
                case Branch.Identity _ -> {}
            }
            checkNorm(branch.norm(), block.spec(), place);
        }
        checkNorm(block.postNorm(), block.spec(), place);
    }

    private static void checkShape(Tensor weight, BlockSpec block, String place) {
        Shape shape = weight.shape();
        checkArgument(
                shape.rank() == 4
                        && shape.dimension(0) == block.out()
                        && shape.dimension(1) == block.inPerGroup(),
                "weight is %s, spec wants [%s,%s,h,w]: %s",
                shape,
                block.out(),
                block.inPerGroup(),
                place);
    }

    private static void checkNorm(@Nullable BatchNorm norm, BlockSpec block, String place) {
        checkArgument(
                norm == null || norm.channels() == block.out(),
                "a batch norm has %s channels, spec wants %s: %s",
                norm == null ? 0 : norm.channels(),
                block.out(),
                place);
    }

    /// Refuses a network that cannot be folded, before any weight exists.
    ///
    /// @throws NotFoldableException naming the first branch in the way
    public static void checkFoldable(RepVggSpec spec) {
        List<BlockSpec> blocks = spec.blocks();
        for (int i = 0; i < blocks.size(); i++) {
            checkFoldable(blocks.get(i), spec.place(i).toString());
        }
    }

    private static void checkFoldable(BlockSpec block, String place) {
        for (BranchSpec branch : block.branches()) {
            if (branch.tail() == Tail.NORM_RELU) {
                throw new NotFoldableException(
                        place + ", branch " + branch,
                        "a ReLU inside a branch is not linear, so the sum of branches is no"
                                + " convolution; this network can be trained and run with its"
                                + " branches, but not folded");
            }
            if (branch.reach() > 0) {
                throw new NotFoldableException(
                        place + ", branch " + branch,
                        "it takes the input of an earlier block, with a ReLU in between, so no"
                                + " convolution of this block's own input equals it; this network can"
                                + " be trained and run with its branches, but not folded");
            }
        }
    }
}
