package org.repvgg.cli;

import java.util.ArrayList;
import java.util.List;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedBlock;
import org.repvgg.model.BranchedModel;
import org.repvgg.tensor.Tensor;

/// Networks whose numbers leave the range of float.
final class Explosions {
    private Explosions() {}

    /// The model with every branch's batch norm scaled up.
    static BranchedModel scaled(BranchedModel model, float factor) {
        List<BranchedBlock> blocks = new ArrayList<>();
        for (BranchedBlock block : model.blocks()) {
            List<Branch> branches =
                    block.branches().stream().map(branch -> scaled(branch, factor)).toList();
            blocks.add(
                    new BranchedBlock(
                            block.spec(), branches, block.postNorm(), block.squeezeExcite()));
        }
        return new BranchedModel(
                model.spec(),
                blocks,
                model.head(),
                model.auxiliary(),
                model.input(),
                model.provenance());
    }

    private static Branch scaled(Branch branch, float factor) {
        BatchNorm norm = branch.norm();
        BatchNorm large =
                new BatchNorm(
                        Tensor.filled(norm.weight().shape(), factor),
                        norm.bias(),
                        norm.mean(),
                        norm.variance(),
                        norm.epsilon());
        return switch (branch) {
            case Branch.Convolution(Tensor weight, _) -> new Branch.Convolution(weight, large);
            case Branch.Identity _ -> new Branch.Identity(large);
            case Branch.Dirac(Tensor weight, Tensor a, Tensor b, _) ->
                    new Branch.Dirac(weight, a, b, large);
        };
    }
}
