package org.repvgg.runtime;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.repvgg.kernel.Activation;
import org.repvgg.kernel.ConvShape;
import org.repvgg.kernel.FeatureMaps;
import org.repvgg.kernel.Kernels;
import org.repvgg.model.Linear;
import org.repvgg.model.SqueezeExcite;

/// A network as a list of steps on numbered registers: what both runtimes compile to, for any image
/// size.
///
/// Registers whose lives do not overlap share a slot, so a plain network needs two feature maps of
/// each size.
///
/// @param kernels what the weights are packed for
/// @param transformed memory for weights of transformed tiles
/// @param repacks whether weights are packed anew for every pass
/// @param plan what was tuned; the algorithms of other sizes are estimated
/// @param steps in order; register 0 holds the images
/// @param registers shape of each register
/// @param slots the slot in which each register lives
/// @param output register of the logits
record Program(
        Kernels kernels,
        TransformedMemory transformed,
        boolean repacks,
        TunedPlan plan,
        List<Step> steps,
        List<Register> registers,
        List<Integer> slots,
        int output) {

    /// @param channels channels of its maps
    /// @param stride the image is this many times higher and wider, rounded up
    /// @param pooled whether the maps are 1x1 whatever the image
    record Register(int channels, int stride, boolean pooled) {

        int size(int imageSize) {
            return pooled ? 1 : (imageSize - 1) / stride + 1;
        }

        int border() {
            return pooled ? 0 : 1;
        }

        double elements(int images, int height, int width) {
            return FeatureMaps.elements(images, size(height), size(width), channels, border());
        }
    }

    /// Shapes of the slots, by number.
    List<Register> slotShapes() {
        Register[] shapes = new Register[slots.stream().mapToInt(slot -> slot + 1).max().orElse(0)];
        for (int r = 0; r < registers.size(); r++) {
            shapes[slots.get(r)] = registers.get(r);
        }
        return List.of(shapes);
    }

    /// The same with a plan.
    ///
    /// @throws IllegalArgumentException if the plan is for another network or other kernels
    Program withPlan(TunedPlan value) {
        value.checkFits(
                kernels.name(), steps.stream().filter(Step.Convolve.class::isInstance).count());
        return new Program(kernels, transformed, repacks, value, steps, registers, slots, output);
    }

    /// The same in as little memory as there is: every convolution is direct, and its weights are
    /// packed anew for every pass.
    Program repacking() {
        return new Program(
                kernels, TransformedMemory.none(), true, plan, steps, registers, slots, output);
    }

    /// How the algorithms are chosen for so many images of this size.
    ConvChooser chooser(int images, int height, int width) {
        int lanes = kernels.matrix().lanes();
        return plan.find(images, height, width)
                .map(size -> ConvChoice.given(size.algorithms(), lanes))
                .orElse(ConvChoice.estimated(lanes));
    }

    int classes() {
        return registers.get(output).channels();
    }

    /// Writes a program step by step.
    static final class Builder {
        private final Kernels kernels;
        private final TransformedMemory transformed;
        private final List<Step> steps = new ArrayList<>();
        private final List<Register> registers = new ArrayList<>();

        /// @param transformed memory for weights of transformed tiles
        /// @param channels channels of the images, in register 0
        Builder(Kernels kernels, TransformedMemory transformed, int channels) {
            this.kernels = kernels;
            this.transformed = transformed;
            registers.add(new Register(channels, 1, false));
        }

        void add(Step step) {
            steps.add(step);
        }

        int channels(int register) {
            return registers.get(register).channels();
        }

        /// A register like `from` with other channels, `stride` times smaller.
        int maps(int from, int channels, int stride) {
            Register source = registers.get(from);
            registers.add(
                    new Register(
                            channels,
                            Math.multiplyExact(source.stride(), stride),
                            source.pooled()));
            return registers.size() - 1;
        }

        private int pooled(int channels) {
            registers.add(new Register(channels, 1, true));
            return registers.size() - 1;
        }

        /// `to = activation(conv(from))`.
        void convolve(
                int from,
                int to,
                ConvShape shape,
                float[] weight,
                float[] bias,
                Activation activation) {
            var weights = new ConvWeights(kernels.conv(), shape, weight, bias);
            add(new Step.Convolve(from, to, weights, activation));
        }

        /// The mean over height and width.
        int mean(int from) {
            int to = pooled(channels(from));
            add(new Step.Mean(from, to));
            return to;
        }

        int linear(int from, Linear weights, Activation activation, String place) {
            int out = weights.weight().shape().dimension(0);
            int in = weights.weight().shape().dimension(1);
            checkArgument(
                    in == channels(from),
                    "a linear layer takes %s channels, %s arrive: %s",
                    in,
                    channels(from),
                    place);
            int to = pooled(out);
            float[] weight = weights.weight().unsafeArray();
            convolve(
                    from,
                    to,
                    ConvShape.linear(in, out),
                    weight,
                    weights.bias().unsafeArray(),
                    activation);
            return to;
        }

        /// `at = at * sigmoid(up(relu(down(mean(at)))))`.
        void gain(int at, SqueezeExcite weights, String place) {
            Linear down = new Linear(weights.downWeight(), weights.downBias());
            Linear up = new Linear(weights.upWeight(), weights.upBias());
            int gain = linear(mean(at), down, Activation.RELU, place);
            gain = linear(gain, up, Activation.NONE, place);
            add(new Step.Sigmoid(gain));
            add(new Step.Multiply(gain, at));
        }

        /// The program whose answer is `output`.
        Program build(int output) {
            return new Program(
                    kernels,
                    transformed,
                    false,
                    TunedPlan.NONE,
                    List.copyOf(steps),
                    List.copyOf(registers),
                    slots(output),
                    output);
        }

        /// Gives each register a slot of its shape that nobody needs any more, or a new one.
        private List<Integer> slots(int output) {
            int[] lastUse = new int[registers.size()];
            for (int s = 0; s < steps.size(); s++) {
                for (int register : steps.get(s).registers()) {
                    lastUse[register] = s;
                }
            }
            lastUse[output] = steps.size();
            Map<Register, Deque<Integer>> free = new HashMap<>();
            Integer[] slots = new Integer[registers.size()];
            slots[0] = 0;
            int next = 1;
            for (int s = 0; s < steps.size(); s++) {
                for (int register : steps.get(s).registers()) {
                    if (slots[register] == null) {
                        Integer reused = freeSlots(free, registers.get(register)).poll();
                        slots[register] = reused != null ? reused : next++;
                    }
                }
                for (int register :
                        List.copyOf(new java.util.TreeSet<>(steps.get(s).registers()))) {
                    if (lastUse[register] == s) {
                        freeSlots(free, registers.get(register)).push(slots[register]);
                    }
                }
            }
            return Arrays.asList(slots);
        }

        private static Deque<Integer> freeSlots(
                Map<Register, Deque<Integer>> free, Register shape) {
            return free.computeIfAbsent(shape, _ -> new ArrayDeque<>());
        }
    }
}
