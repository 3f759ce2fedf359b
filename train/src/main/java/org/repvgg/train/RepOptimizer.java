package org.repvgg.train;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedBlock;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.ModuleNames;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Gradient re-parameterisation: the branches are in the optimiser, and the network is plain from
/// the first step on, a 3x3 convolution and a batch norm a block.
///
/// It learns as if each block were `ReLU(BN(s (W3 * x) + t (W1 * x) + u x))`, the last term where
/// input and output have one shape, with `s` and `t` constant and `u` trained, a number a channel
/// that begins as 1. The block's one kernel begins as that sum,
///
/// ```
/// W = s W3 + t W1 in the middle + u in the middle, from a channel to itself
/// ```
///
/// and its gradient is multiplied element by element, before decay and momentum, by
///
/// ```
/// s²                in general
/// s² + t²           in the middle
/// s² + t² + 1       in the middle, from a channel to itself, where there is a u
/// ```
///
/// A step moves `W3` by the gradient times `s`, which moves `W` by that times `s` again; likewise
/// `t` and `u`. Momentum, Nesterov's step and decay are linear, so in exact arithmetic `W` is the
/// sum after every step, provided that `W3`, `W1` and `u` decay alike.
///
/// The constants are those that the authors' search for better ones begins with: `s = t =
/// sqrt(2/l)` for the `l`-th block of a stage with a `u`, and 1 for blocks without.
///
/// Source: Ding et al., ICLR 2023, arXiv 2205.15242, section 3.
public final class RepOptimizer {
    private static final List<BranchSpec> PLAIN = List.of(BranchSpec.convolution(3, 3));
    private static final int TAPS = 9;
    private static final int MIDDLE = 4;

    private RepOptimizer() {}

    /// The constants of one block.
    ///
    /// @param kernel `s`
    /// @param point `t`
    /// @param addsInput whether there is a `u`
    record Scales(double kernel, double point, boolean addsInput) {
        /// Those of every block.
        static List<Scales> of(RepVggSpec spec) {
            List<Scales> all = new ArrayList<>();
            int adding = 0; // so far in the stage
            for (BlockSpec block : spec.blocks()) {
                adding = spec.place(all.size()).position() == 0 ? 0 : adding;
                if (block.in() == block.out() && block.stride() == 1) {
                    adding++;
                    double scale = Math.sqrt(2.0 / adding);
                    all.add(new Scales(scale, scale, true));
                } else {
                    all.add(new Scales(1, 1, false));
                }
            }
            return all;
        }
    }

    /// Checks that every block is a 3x3 convolution and its batch norm.
    ///
    /// @throws IllegalArgumentException naming the first that is not
    public static void check(RepVggSpec spec) {
        List<BlockSpec> blocks = spec.blocks();
        for (int block = 0; block < blocks.size(); block++) {
            BlockSpec at = blocks.get(block);
            checkArgument(
                    at.branches().equals(PLAIN) && !at.postNorm(),
                    "RepOptimizer trains blocks of conv3x3 alone, %s of %s has %s%s: it wants a network of"
                            + " --branches conv3x3",
                    spec.place(block),
                    spec.name(),
                    at.branches(),
                    at.postNorm() ? " and a norm after their sum" : "");
        }
    }

    /// Fresh weights: each kernel is the sum of the branches' own, drawn as [InitialWeights] draws
    /// them.
    ///
    /// @throws IllegalArgumentException as [#check]
    public static BranchedModel initial(RepVggSpec spec, InputSpec input, long seed) {
        check(spec);
        RepVggSpec branched =
                spec.toBuilder()
                        .branchCycle(BranchSpec.parseCycle("conv3x3-nobn,conv1x1-nobn"))
                        .postNorm(true)
                        .build();
        BranchedModel drawn = InitialWeights.random(branched, input, seed);
        List<BlockSpec> plain = spec.blocks();
        List<Scales> scales = Scales.of(spec);
        List<BranchedBlock> blocks = new ArrayList<>();
        for (int block = 0; block < plain.size(); block++) {
            BranchedBlock from = drawn.blocks().get(block);
            Tensor kernel =
                    sum(
                            scales.get(block),
                            ((Branch.Convolution) from.branches().get(0)).weight(),
                            ((Branch.Convolution) from.branches().get(1)).weight());
            blocks.add(
                    new BranchedBlock(
                            plain.get(block),
                            List.of(new Branch.Convolution(kernel, from.postNorm())),
                            null,
                            from.squeezeExcite()));
        }
        return new BranchedModel(
                spec, blocks, drawn.head(), drawn.auxiliary(), input, drawn.provenance());
    }

    /// `s W3 + t W1`, plus 1 from a channel to itself where there is a `u`.
    ///
    /// @param kernel `[out,in/groups,3,3]`
    /// @param point `[out,in/groups,1,1]`
    static Tensor sum(Scales scales, Tensor kernel, Tensor point) {
        Shape shape = kernel.shape();
        float[] values = kernel.toArray();
        for (int i = 0; i < values.length; i++) {
            double value = scales.kernel * values[i];
            if (i % TAPS == MIDDLE) {
                value += scales.point * point.get(i / TAPS) + own(scales, shape, i);
            }
            values[i] = (float) value;
        }
        return Tensor.ofOwned(shape, values);
    }

    /// What to multiply gradients by, under the checkpoint names of the kernels.
    ///
    /// @throws IllegalArgumentException as [#check]
    public static Map<String, Tensor> multipliers(RepVggSpec spec) {
        check(spec);
        Map<String, Tensor> multipliers = new LinkedHashMap<>();
        List<BlockSpec> blocks = spec.blocks();
        List<Scales> scales = Scales.of(spec);
        for (int block = 0; block < blocks.size(); block++) {
            BlockSpec at = blocks.get(block);
            String branch = ModuleNames.branches(at).getFirst();
            multipliers.put(
                    ModuleNames.block(spec, block) + "." + branch + ".conv.weight",
                    multipliers(scales.get(block), Shape.of(at.out(), at.inPerGroup(), 3, 3)));
        }
        return multipliers;
    }

    /// @param shape of the kernel, `[out,in/groups,3,3]`
    static Tensor multipliers(Scales scales, Shape shape) {
        float[] values = new float[shape.elements()];
        for (int i = 0; i < values.length; i++) {
            double value = scales.kernel * scales.kernel;
            if (i % TAPS == MIDDLE) {
                value += scales.point * scales.point + own(scales, shape, i);
            }
            values[i] = (float) value;
        }
        return Tensor.ofOwned(shape, values);
    }

    /// 1 where element `i`, in the middle of its kernel, leads from a channel to itself and there
    /// is a `u`, else 0. A group's outputs are as many as its inputs there.
    private static int own(Scales scales, Shape shape, int i) {
        int inputs = shape.dimension(1);
        int out = i / TAPS / inputs;
        int in = i / TAPS % inputs;
        return scales.addsInput && out % inputs == in ? 1 : 0;
    }
}
