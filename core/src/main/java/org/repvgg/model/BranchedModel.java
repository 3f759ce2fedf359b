package org.repvgg.model;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.List;
import java.util.Map;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

/// The training form: spec, weights of every branch, and what the network expects and where it
/// comes from.
///
/// @param blocks one for each of `spec.blocks()`
/// @param head the classifier after global average pooling
/// @param auxiliary the auxiliary heads of RepVGGplus, after stages 1, 2 and the first half of 3;
///   empty elsewhere
/// @param input image size, normalisation and class names
/// @param provenance where the weights come from
public record BranchedModel(
        RepVggSpec spec,
        List<BranchedBlock> blocks,
        Linear head,
        List<AuxiliaryHead> auxiliary,
        InputSpec input,
        Provenance provenance)
        implements Model {
    public BranchedModel {
        blocks = List.copyOf(blocks);
        auxiliary = List.copyOf(auxiliary);
        checkArgument(
                blocks.size() == spec.blocks().size(),
                "spec %s has %s blocks, weights have %s",
                spec.name(),
                spec.blocks().size(),
                blocks.size());
    }

    /// An auxiliary head: 3x3 convolution of stride 2, batch norm, ReLU, global average pooling,
    /// linear.
    public record AuxiliaryHead(Tensor weight, BatchNorm norm, Linear linear) {
        /// The head as a network of its own, which takes the maps that it stands behind: such a
        /// head is a RepVGG of one block with one branch.
        ///
        /// @param name `stage1_aux`
        public BranchedModel network(String name) {
            int channels = norm.channels();
            RepVggSpec spec =
                    new RepVggSpec(
                            name,
                            weight.shape().dimension(1),
                            linear.weight().shape().dimension(0),
                            List.of(channels),
                            List.of(1),
                            List.of(2),
                            Map.of(),
                            List.of(List.of(BranchSpec.convolution(3, 3))),
                            false,
                            null,
                            false);
            var block =
                    new BranchedBlock(
                            spec.blocks().getFirst(),
                            List.of(new Branch.Convolution(weight, norm)),
                            null,
                            null);
            return new BranchedModel(
                    spec,
                    List.of(block),
                    linear,
                    List.of(),
                    InputSpec.centred(spec.inputChannels(), 1, 1),
                    Provenance.UNKNOWN);
        }
    }

    @Override
    public BranchedModel withInput(InputSpec other) {
        return new BranchedModel(spec, blocks, head, auxiliary, other, provenance);
    }

    @Override
    public BranchedModel withProvenance(Provenance other) {
        return new BranchedModel(spec, blocks, head, auxiliary, input, other);
    }
}
