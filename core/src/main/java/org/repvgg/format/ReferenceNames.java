package org.repvgg.format;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.repvgg.format.TensorEntry.Role;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Model;
import org.repvgg.model.PlainModel;
import org.repvgg.model.Provenance;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.Form;
import org.repvgg.spec.ModuleNames;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.SqueezeExciteSpec;
import org.repvgg.spec.SqueezeExciteSpec.Placement;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Every tensor of a network under the name that the reference implementation gives it, so that its
/// users load our files unchanged.
///
/// | tensor | name |
/// |---|---|
/// | 3x3, 1x1 branch | `stage1.0.rbr_dense.conv.weight`, `stage1.0.rbr_1x1.conv.weight` |
/// | their norms | `stage1.0.rbr_dense.bn.{weight,bias,running_mean,running_var}` |
/// | identity's norm | `stage1.1.rbr_identity.{weight,bias,running_mean,running_var}` |
/// | plain convolution | `stage1.0.rbr_reparam.{weight,bias}` |
/// | squeeze-and-excitation | `stage1.0.se.{down,up}.{weight,bias}`, after the ReLU `post_se` |
/// | classifier | `linear.{weight,bias}` |
///
/// Networks with auxiliary heads follow RepVGGplus: `stage1.blocks.0`, stage 3 in two halves
/// `stage3_first.blocks.0` and `stage3_second.blocks.0`, the heads `stage1_aux.0.conv.weight`.
///
/// Branches that the reference does not have are called likewise: `rbr_1x3`, `rbr_3x1`,
/// `rbr_dirac`, a second one of a kind `rbr_dense_2`, one that reaches back `rbr_identity_from_1`;
/// a norm after the sum is `stage1.0.bn`.
public final class ReferenceNames {
    private static final Pattern AUXILIARY = Pattern.compile("stage[123](_first)?_aux\\.");

    private final RepVggSpec spec;
    private final Form form;
    private final List<BlockSpec> blocks;
    private final List<TensorEntry> entries = new ArrayList<>();

    private ReferenceNames(RepVggSpec spec, Form form) {
        this.spec = spec;
        this.form = form;
        this.blocks = spec.blocks();
    }

    /// Names and shapes of all float tensors of one form, block by block, the classifier last.
    ///
    /// Takes no memory for the tensors themselves.
    ///
    /// @throws IllegalArgumentException if one of them would not fit an array
    public static List<TensorEntry> entries(RepVggSpec spec, Form form) {
        return new ReferenceNames(spec, form).network();
    }

    /// Names of the tensors that gradients change; the others are statistics of batch norms.
    public static List<String> trainable(RepVggSpec spec) {
        return entries(spec, Form.TRAIN).stream()
                .filter(entry -> entry.role() == Role.TRAINABLE)
                .map(TensorEntry::name)
                .toList();
    }

    /// The training form, each tensor taken from `source` once.
    public static BranchedModel assemble(
            RepVggSpec spec, InputSpec input, Provenance provenance, TensorSource source) {
        return ModelTensors.branched(
                spec, input, provenance, entries(spec, Form.TRAIN).iterator(), source);
    }

    /// The plain form, each tensor taken from `source` once.
    public static PlainModel assemblePlain(
            RepVggSpec spec, InputSpec input, Provenance provenance, TensorSource source) {
        return ModelTensors.plain(
                spec, input, provenance, entries(spec, Form.PLAIN).iterator(), source);
    }

    /// Name → tensor, in the order of [#entries]; the tensors are the model's own.
    public static Map<String, Tensor> tensors(Model model) {
        return ModelTensors.named(model, entries(model.spec(), model.form()));
    }

    /// Whether a tensor belongs to an auxiliary head, which only training needs.
    public static boolean isAuxiliary(String name) {
        return AUXILIARY.matcher(name).lookingAt();
    }

    private List<TensorEntry> network() {
        for (int block = 0; block < blocks.size(); block++) {
            String place = ModuleNames.block(spec, block);
            switch (form) {
                case TRAIN -> branchedBlock(place, block);
                case PLAIN -> plainBlock(place, blocks.get(block));
            }
        }
        linear("linear", spec.classes(), spec.features());
        if (form == Form.TRAIN) {
            ModuleNames.auxiliaryHeads(spec)
                    .forEach((name, block) -> auxiliaryHead(name, blocks.get(block).out()));
        }
        return List.copyOf(entries);
    }

    private void branchedBlock(String place, int index) {
        BlockSpec block = blocks.get(index);
        List<String> names = ModuleNames.branches(block);
        for (int b = 0; b < names.size(); b++) {
            branch(place + "." + names.get(b), index, block.branches().get(b));
        }
        if (block.postNorm()) {
            norm(place + ".bn", block.out());
        }
        squeezeExcite(place, block);
    }

    private void branch(String place, int index, BranchSpec branch) {
        BlockSpec block = blocks.get(index);
        RepVggSpec.BranchInput input = RepVggSpec.branchInput(blocks, index, branch);
        int in = input.channels() / input.groups();
        switch (branch) {
            case BranchSpec.Convolution(int height, int width, _, _) ->
                    weight(place + ".conv.weight", block.out(), in, height, width);
            case BranchSpec.Dirac _ -> {
                weight(place + ".conv.weight", block.out(), in, 3, 3);
                weight(place + ".identity_scale", block.out());
                weight(place + ".normalised_scale", block.out());
            }
            case BranchSpec.Identity _ -> {}
        }
        if (branch.hasNorm()) {
            norm(branch instanceof BranchSpec.Identity ? place : place + ".bn", block.out());
        }
    }

    private void plainBlock(String place, BlockSpec block) {
        weight(place + ".rbr_reparam.weight", block.out(), block.inPerGroup(), 3, 3);
        weight(place + ".rbr_reparam.bias", block.out());
        squeezeExcite(place, block);
    }

    /// In files the two layers are 1x1 convolutions.
    private void squeezeExcite(String place, BlockSpec block) {
        SqueezeExciteSpec gain = block.squeezeExcite();
        if (gain == null) {
            return;
        }
        String module = place + (gain.placement() == Placement.BEFORE_RELU ? ".se" : ".post_se");
        int hidden = gain.hidden(block.out());
        weight(module + ".down.weight", hidden, block.out(), 1, 1);
        weight(module + ".down.bias", hidden);
        weight(module + ".up.weight", block.out(), hidden, 1, 1);
        weight(module + ".up.bias", block.out());
    }

    private void auxiliaryHead(String place, int width) {
        weight(place + ".0.conv.weight", width, width, 3, 3);
        norm(place + ".0.bn", width);
        linear(place + ".3", spec.classes(), width);
    }

    private void norm(String place, int channels) {
        weight(place + ".weight", channels);
        weight(place + ".bias", channels);
        statistic(place + ".running_mean", channels);
        statistic(place + ".running_var", channels);
    }

    private void linear(String place, int out, int in) {
        weight(place + ".weight", out, in);
        weight(place + ".bias", out);
    }

    private void weight(String name, int... dimensions) {
        entries.add(new TensorEntry(name, Shape.of(dimensions), Role.TRAINABLE));
    }

    private void statistic(String name, int... dimensions) {
        entries.add(new TensorEntry(name, Shape.of(dimensions), Role.STATISTIC));
    }
}
