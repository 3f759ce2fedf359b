package org.repvgg.train.torch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedBlock;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.BranchedModel.AuxiliaryHead;
import org.repvgg.model.Linear;
import org.repvgg.model.SqueezeExcite;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

/// The tensors of a training form under flat names, and back.
final class ModelTensors {
    private static final String MEAN = ".running_mean";
    private static final String VARIANCE = ".running_var";

    private ModelTensors() {}

    /// Whether `name` is a running statistic, which training measures and does not learn.
    static boolean isStatistic(String name) {
        return name.endsWith(MEAN) || name.endsWith(VARIANCE);
    }

    /// Where branch `index` of block `block` keeps its tensors.
    static String branch(RepVggSpec spec, int block, int index) {
        List<BranchSpec> branches = spec.blocks().get(block).branches();
        BranchSpec branch = branches.get(index);
        String kind = kind(branch);
        boolean first = branches.subList(0, index).stream().noneMatch(b -> kind(b).equals(kind));
        return spec.place(block) + "." + (first ? kind : kind + "_" + index);
    }

    private static String kind(BranchSpec branch) {
        return switch (branch) {
            case BranchSpec.Identity _ -> "rbr_identity";
            case BranchSpec.Dirac _ -> "rbr_dirac";
            case BranchSpec.Convolution c when c.height() == 3 && c.width() == 3 -> "rbr_dense";
            case BranchSpec.Convolution c -> "rbr_" + c.height() + "x" + c.width();
        };
    }

    /// All tensors in the network's order.
    static Map<String, Tensor> flatten(BranchedModel model) {
        Map<String, Tensor> all = new LinkedHashMap<>();
        walk(
                model,
                (name, tensor) -> {
                    all.put(name, tensor);
                    return tensor;
                });
        return all;
    }

    /// `template` with every tensor replaced by the one of its name.
    static BranchedModel assemble(BranchedModel template, Map<String, Tensor> tensors) {
        return walk(template, (name, _) -> Objects.requireNonNull(tensors.get(name), name));
    }

    private interface Visitor {
        Tensor visit(String name, Tensor tensor);
    }

    private static BranchedModel walk(BranchedModel model, Visitor visitor) {
        List<BranchedBlock> blocks = new ArrayList<>();
        for (int b = 0; b < model.blocks().size(); b++) {
            blocks.add(block(model, b, visitor));
        }
        List<AuxiliaryHead> heads = new ArrayList<>();
        for (int h = 0; h < model.auxiliary().size(); h++) {
            AuxiliaryHead head = model.auxiliary().get(h);
            String name = auxiliary(h);
            heads.add(
                    new AuxiliaryHead(
                            visitor.visit(name + ".0.conv.weight", head.weight()),
                            norm(name + ".0.bn", head.norm(), visitor),
                            linear(name + ".3", head.linear(), visitor)));
        }
        return new BranchedModel(
                model.spec(),
                blocks,
                linear("linear", model.head(), visitor),
                heads,
                model.input(),
                model.provenance());
    }

    /// Where auxiliary head `index` keeps its tensors.
    static String auxiliary(int index) {
        return List.of("stage1_aux", "stage2_aux", "stage3_first_aux").get(index);
    }

    private static BranchedBlock block(BranchedModel model, int index, Visitor visitor) {
        BranchedBlock block = model.blocks().get(index);
        List<Branch> branches = new ArrayList<>();
        for (int i = 0; i < block.branches().size(); i++) {
            branches.add(branch(branch(model.spec(), index, i), block.branches().get(i), visitor));
        }
        String place = model.spec().place(index).toString();
        BatchNorm postNorm = block.postNorm();
        SqueezeExcite gain = block.squeezeExcite();
        return new BranchedBlock(
                block.spec(),
                branches,
                postNorm == null ? null : norm(place + ".post_bn", postNorm, visitor),
                gain == null ? null : squeezeExcite(place + ".se", gain, visitor));
    }

    private static Branch branch(String name, Branch branch, Visitor visitor) {
        return switch (branch) {
            case Branch.Convolution c ->
                    new Branch.Convolution(
                            visitor.visit(name + ".conv.weight", c.weight()),
                            optionalNorm(name + ".bn", c.norm(), visitor));
            case Branch.Identity i -> new Branch.Identity(optionalNorm(name, i.norm(), visitor));
            case Branch.Dirac d ->
                    new Branch.Dirac(
                            visitor.visit(name + ".conv.weight", d.weight()),
                            visitor.visit(name + ".identity_scale", d.identityScale()),
                            visitor.visit(name + ".normalised_scale", d.normalisedScale()),
                            optionalNorm(name + ".bn", d.norm(), visitor));
        };
    }

    private static SqueezeExcite squeezeExcite(String name, SqueezeExcite gain, Visitor visitor) {
        return new SqueezeExcite(
                visitor.visit(name + ".down.weight", gain.downWeight()),
                visitor.visit(name + ".down.bias", gain.downBias()),
                visitor.visit(name + ".up.weight", gain.upWeight()),
                visitor.visit(name + ".up.bias", gain.upBias()));
    }

    private static @Nullable BatchNorm optionalNorm(
            String name, @Nullable BatchNorm norm, Visitor visitor) {
        return norm == null ? null : norm(name, norm, visitor);
    }

    private static BatchNorm norm(String name, BatchNorm norm, Visitor visitor) {
        return new BatchNorm(
                visitor.visit(name + ".weight", norm.weight()),
                visitor.visit(name + ".bias", norm.bias()),
                visitor.visit(name + MEAN, norm.mean()),
                visitor.visit(name + VARIANCE, norm.variance()),
                norm.epsilon());
    }

    private static Linear linear(String name, Linear linear, Visitor visitor) {
        return new Linear(
                visitor.visit(name + ".weight", linear.weight()),
                visitor.visit(name + ".bias", linear.bias()));
    }
}
