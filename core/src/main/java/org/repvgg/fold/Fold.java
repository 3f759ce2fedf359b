package org.repvgg.fold;

import java.util.ArrayList;
import java.util.List;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedBlock;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.PlainLayer;
import org.repvgg.model.PlainModel;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.BranchSpec.Tail;
import org.repvgg.spec.RepVggSpec;

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
/// double; each weight is rounded to float once.
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
        Kernel sum = kernel(block.branches().getFirst(), spec);
        for (Branch branch : block.branches().subList(1, block.branches().size())) {
            sum = sum.plus(kernel(branch, spec));
        }
        if (block.postNorm() != null) {
            sum = sum.normalised(block.postNorm());
        }
        return new PlainLayer.Conv3x3(
                sum.weightTensor(), sum.biasTensor(), spec.stride(), spec.groups());
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

    /// One branch with its batch norm.
    private static Kernel kernel(Branch branch, BlockSpec block) {
        Kernel kernel =
                switch (branch) {
                    case Branch.Convolution convolution -> Kernel.padded(convolution.weight());
                    case Branch.Identity _ -> Kernel.identity(block.in(), block.groups());
                    case Branch.Dirac dirac ->
                            Kernel.dirac(
                                    dirac.weight(),
                                    dirac.identityScale(),
                                    dirac.normalisedScale(),
                                    block.groups());
                };
        return branch.norm() == null ? kernel : kernel.normalised(branch.norm());
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
