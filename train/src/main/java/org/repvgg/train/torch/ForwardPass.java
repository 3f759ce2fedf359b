package org.repvgg.train.torch;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedBlock;
import org.repvgg.model.BranchedModel;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.BranchSpec.Tail;
import org.repvgg.spec.ModuleNames;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.SqueezeExciteSpec;
import org.repvgg.spec.SqueezeExciteSpec.Placement;
import org.repvgg.tensor.Shape;
import org.repvgg.train.torch.TorchOptions.Precision;

/// The network as libtorch operations on a [Network]'s tensors: any spec, nothing but its branches.
final class ForwardPass {
    /// What training does: batch statistics, running ones updated; or evaluation with running ones.
    ///
    /// @param momentum part of the way to a batch's statistics that the running ones move
    record Mode(boolean byBatch, double momentum) {
        /// PyTorch's default: a tenth of the way in every step.
        static final Mode TRAIN = new Mode(true, 0.1);

        static final Mode EVALUATE = new Mode(false, 0);
    }

    private static final long[] PIXELS = {2, 3};
    private static final long[] FILTER = {1, 2, 3};

    private final Network network;
    private final BranchedModel model;
    private final RepVggSpec spec;
    private final List<List<BranchPlan>> plans = new ArrayList<>();
    private final List<String> auxiliaryNames;
    private final List<Integer> auxiliaryBlocks; // that they stand behind
    private final int longestReach;
    private int frozenBlocks;

    ForwardPass(Network network) {
        this.network = network;
        this.model = network.template();
        this.spec = model.spec();
        int reach = 0;
        for (int block = 0; block < model.blocks().size(); block++) {
            List<BranchPlan> branches = new ArrayList<>();
            for (int i = 0; i < model.blocks().get(block).branches().size(); i++) {
                BranchPlan plan = plan(block, i);
                branches.add(plan);
                reach = Math.max(reach, plan.spec.reach());
            }
            plans.add(branches);
        }
        this.longestReach = reach;
        this.auxiliaryNames = List.copyOf(ModuleNames.auxiliaryHeads(spec).keySet());
        this.auxiliaryBlocks = List.copyOf(ModuleNames.auxiliaryHeads(spec).values());
    }

    /// Lets the first `blocks` blocks go by running statistics, in training, too.
    void freeze(int blocks) {
        frozenBlocks = blocks;
    }

    /// A branch with all that does not change from step to step.
    private record BranchPlan(
            String name,
            BranchSpec spec,
            RepVggSpec.BranchInput input,
            @Nullable NormPlan norm,
            @Nullable Tensor identity) {}

    private record NormPlan(
            TensorOptional weight,
            TensorOptional bias,
            TensorOptional mean,
            TensorOptional variance,
            double epsilon) {}

    /// Logits of the main head, then those of the auxiliary heads unless it evaluates; single
    /// precision.
    List<Tensor> logits(Tensor images, Mode mode, Precision precision) {
        List<Tensor> features =
                precision == Precision.BF16
                        ? Autocast.bf16(
                                network.tensors().deviceType(), () -> features(images, mode))
                        : features(images, mode);
        List<Tensor> logits = new ArrayList<>();
        logits.add(linear(features.getLast(), "linear"));
        for (int head = 0; head < features.size() - 1; head++) {
            logits.add(linear(features.get(head), auxiliaryNames.get(head) + ".3"));
        }
        return logits;
    }

    /// Pooled features: of the auxiliary heads, then of the last block.
    private List<Tensor> features(Tensor images, Mode mode) {
        List<Tensor> features = new ArrayList<>();
        List<Tensor> inputs = new ArrayList<>();
        Tensor x = images;
        for (int b = 0; b < plans.size(); b++) {
            inputs.add(x);
            int block = b;
            Mode own = b < frozenBlocks ? Mode.EVALUATE : mode;
            x = scoped(() -> block(block, inputs, own));
            if (b > longestReach) {
                inputs.get(b - longestReach).close(); // no later block reads it
            }
            int head = mode.byBatch ? auxiliaryBlocks.indexOf(b) : -1;
            if (head >= 0) {
                Tensor y = x;
                features.add(scoped(() -> auxiliary(head, y, mode)));
            }
        }
        Tensor last = x;
        features.add(scoped(() -> pool(last)));
        return features;
    }

    private Tensor block(int index, List<Tensor> inputs, Mode mode) {
        BranchedBlock block = model.blocks().get(index);
        String place = place(index);
        Tensor sum = sum(plans.get(index), index, inputs, mode);
        if (block.postNorm() != null) {
            sum = norm(sum, normPlan(place + ".bn", block.postNorm()), mode);
        }
        SqueezeExciteSpec gain = block.spec().squeezeExcite();
        if (gain == null) {
            return rectify(sum);
        }
        return gain.placement() == Placement.BEFORE_RELU
                ? rectify(gain(sum, place + ".se"))
                : gain(rectify(sum), place + ".post_se");
    }

    private Tensor sum(List<BranchPlan> branches, int index, List<Tensor> inputs, Mode mode) {
        Tensor sum = branch(branches.getFirst(), index, inputs, mode);
        boolean ours = isFresh(branches.getFirst().spec); // nobody needs the present value
        for (BranchPlan branch : branches.subList(1, branches.size())) {
            Tensor y = branch(branch, index, inputs, mode);
            sum = ours ? accumulate(sum, y) : sum.add(y);
            ours = true;
        }
        return ours ? sum : sum.clone();
    }

    /// The bare input is others' too, and a ReLU's gradient needs its output.
    private static boolean isFresh(BranchSpec branch) {
        return switch (branch.tail()) {
            case NONE -> !(branch instanceof BranchSpec.Identity);
            case NORM -> true;
            case NORM_RELU -> false;
        };
    }

    private Tensor branch(BranchPlan branch, int block, List<Tensor> inputs, Mode mode) {
        Tensor x = inputs.get(block - branch.spec.reach());
        Tensor y =
                switch (branch.spec) {
                    case BranchSpec.Identity _ -> x;
                    case BranchSpec.Convolution c ->
                            Convolutions.convolve(
                                    x,
                                    network.trained(branch.name + ".conv.weight"),
                                    branch.input.stride(),
                                    c.height() / 2,
                                    c.width() / 2,
                                    branch.input.groups());
                    case BranchSpec.Dirac _ ->
                            Convolutions.convolve(
                                    x,
                                    diracKernel(branch),
                                    branch.input.stride(),
                                    1,
                                    1,
                                    branch.input.groups());
                };
        if (branch.norm != null) {
            y = norm(y, branch.norm, mode);
        }
        return branch.spec.tail() == Tail.NORM_RELU ? rectify(y) : y;
    }

    /// `diag(a) I + diag(b) W/‖W‖`, norms over each output's filter.
    private Tensor diracKernel(BranchPlan branch) {
        Tensor weight = network.trained(branch.name + ".conv.weight");
        Tensor norms = weight.mul(weight).sum(FILTER, true, new ScalarTypeOptional()).sqrt();
        Tensor identity = Objects.requireNonNull(branch.identity);
        return perOutput(branch.name + ".identity_scale")
                .mul(identity)
                .add(perOutput(branch.name + ".normalised_scale").mul(weight.div(norms)));
    }

    private Tensor perOutput(String name) {
        return network.trained(name).view(-1, 1, 1, 1);
    }

    /// The kernel that copies channel `c` of each group to output `c` of the group, as PyTorch's
    /// `dirac_`.
    private static org.repvgg.tensor.Tensor identityKernel(Shape shape, int groups) {
        int outPerGroup = shape.dimension(0) / groups;
        int in = shape.dimension(1);
        float[] kernel = new float[shape.elements()];
        for (int group = 0; group < groups; group++) {
            for (int c = 0; c < Math.min(outPerGroup, in); c++) {
                kernel[((group * outPerGroup + c) * in + c) * 9 + 4] = 1;
            }
        }
        return org.repvgg.tensor.Tensor.ofOwned(shape, kernel);
    }

    /// In place. libtorch returns a reference to its argument, which dies with the argument's
    /// handle; so the handle itself is handed on, here and in [#accumulate].
    private static Tensor rectify(Tensor x) {
        Tensor _ = torch.relu_(x);
        return x;
    }

    /// `x += y`.
    private static Tensor accumulate(Tensor x, Tensor y) {
        Tensor _ = x.add_(y);
        return x;
    }

    private static Tensor norm(Tensor x, NormPlan norm, Mode mode) {
        return torch.batch_norm(
                x,
                norm.weight,
                norm.bias,
                norm.mean,
                norm.variance,
                mode.byBatch,
                mode.momentum,
                norm.epsilon,
                true);
    }

    /// `x * sigmoid(up · relu(down · mean(x)))`; never in place, for `x` is needed in the gradient.
    private Tensor gain(Tensor x, String name) {
        Tensor mean = pool(x);
        Tensor gain =
                Autocast.suspended(
                        network.tensors().deviceType(),
                        () -> {
                            Tensor hidden = rectify(linear(mean, name + ".down"));
                            return torch.sigmoid(linear(hidden, name + ".up"));
                        });
        return x.mul(gain.to(x.scalar_type()).unsqueeze(-1).unsqueeze(-1));
    }

    private Tensor auxiliary(int head, Tensor x, Mode mode) {
        String name = auxiliaryNames.get(head) + ".0";
        Tensor y = Convolutions.convolve(x, network.trained(name + ".conv.weight"), 2, 1, 1, 1);
        NormPlan norm = normPlan(name + ".bn", model.auxiliary().get(head).norm());
        return pool(rectify(norm(y, norm, mode)));
    }

    /// `[n,c,h,w]` → `[n,c]`, single precision.
    private static Tensor pool(Tensor x) {
        return x.mean(PIXELS, false, new ScalarTypeOptional(ScalarType.Float));
    }

    private Tensor linear(Tensor x, String name) {
        return torch.linear(
                x,
                network.trained(name + ".weight").flatten(1, -1),
                network.optional(name + ".bias"));
    }

    private BranchPlan plan(int block, int index) {
        BlockSpec own = model.blocks().get(block).spec();
        String name = place(block) + "." + ModuleNames.branches(own).get(index);
        Branch weights = model.blocks().get(block).branches().get(index);
        BranchSpec branch = own.branches().get(index);
        RepVggSpec.BranchInput input = spec.branchInput(block, branch);
        BatchNorm norm = weights.norm();
        String normName = branch instanceof BranchSpec.Identity ? name : name + ".bn";
        return new BranchPlan(
                name,
                branch,
                input,
                norm == null ? null : normPlan(normName, norm),
                weights instanceof Branch.Dirac dirac
                        ? network.constant(identityKernel(dirac.weight().shape(), input.groups()))
                        : null);
    }

    private String place(int block) {
        return ModuleNames.block(spec, block);
    }

    private NormPlan normPlan(String name, BatchNorm norm) {
        checkArgument(
                norm.epsilon() == BatchNorm.EPSILON,
                "epsilon is %s, checkpoints can only keep %s: %s",
                norm.epsilon(),
                BatchNorm.EPSILON,
                name);
        return new NormPlan(
                network.optional(name + ".weight"),
                network.optional(name + ".bias"),
                network.optional(name + ".running_mean"),
                network.optional(name + ".running_var"),
                norm.epsilon());
    }

    /// Computes in a scope of its own: native objects on the way are freed, the result lives in the
    /// outer scope.
    private static Tensor scoped(Supplier<Tensor> computation) {
        Tensor result;
        PointerScope outer = PointerScope.getInnerScope();
        try (PointerScope _ = new PointerScope()) {
            result = computation.get();
            result.retainReference();
        }
        outer.attach(result);
        result.releaseReference();
        return result;
    }
}
