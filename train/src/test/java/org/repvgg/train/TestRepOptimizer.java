package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.RepOptimizer.Scales;
import org.repvgg.train.TrainingEngine.StepSettings;

final class TestRepOptimizer {
    private static final long SEED = 20261127;
    private static final InputSpec INPUT = InputSpec.centred(3, 9, 7);
    private static final int TAPS = 9;
    private static final int MIDDLE = 4;

    /// One rounding of a value below 8.
    private static final double ROUNDING = 8 * 0x1p-24;

    /// Blocks: the stem; a stage whose first block has stride 2 and whose others add their input; a
    /// stage whose first block does.
    private static RepVggSpec spec(String branches, boolean postNorm) {
        return RepVggFamily.A0.spec().toBuilder()
                .name("small")
                .widths(List.of(8, 12, 12))
                .depths(List.of(1, 3, 2))
                .strides(List.of(1, 2, 1))
                .branchCycle(BranchSpec.parseCycle(branches))
                .postNorm(postNorm)
                .build();
    }

    private static RepVggSpec plain() {
        return spec("conv3x3", false);
    }

    @Test
    void gradientsAreMultipliedByPlace() {
        Map<String, Tensor> multipliers = RepOptimizer.multipliers(plain());

        assertThat(multipliers.keySet())
                .containsExactlyElementsOf(
                        ReferenceNames.trainable(plain()).stream()
                                .filter(name -> name.endsWith("conv.weight"))
                                .toList())
                .hasSize(6);
        Tensor stem = multipliers.get("stage0.rbr_dense.conv.weight");
        assertThat(stem.shape()).isEqualTo(Shape.of(8, 3, 3, 3));
        assertMultipliers(stem, 1, 2, 2);
        assertMultipliers(multipliers.get("stage1.0.rbr_dense.conv.weight"), 1, 2, 2);
        // s² = t² = 2/l, with l = 1, 2 for the blocks of a stage that add their input
        assertMultipliers(multipliers.get("stage1.1.rbr_dense.conv.weight"), 2, 4, 5);
        assertMultipliers(multipliers.get("stage1.2.rbr_dense.conv.weight"), 1, 2, 3);
        assertMultipliers(multipliers.get("stage2.0.rbr_dense.conv.weight"), 2, 4, 5);
        assertMultipliers(multipliers.get("stage2.1.rbr_dense.conv.weight"), 1, 2, 3);
    }

    private static void assertMultipliers(Tensor tensor, double edge, double middle, double own) {
        int inputs = tensor.shape().dimension(1);
        for (int i = 0; i < tensor.shape().elements(); i++) {
            boolean toItself = i / TAPS / inputs == i / TAPS % inputs;
            double expected = i % TAPS != MIDDLE ? edge : toItself ? own : middle;
            assertThat((double) tensor.get(i)).as("element %s", i).isEqualTo(expected);
        }
    }

    @Test
    void groupsAddTheirOwnChannels() {
        Tensor multipliers = RepOptimizer.multipliers(new Scales(1, 1, true), Shape.of(4, 2, 3, 3));
        for (int out = 0; out < 4; out++) {
            for (int in = 0; in < 2; in++) {
                float middle = multipliers.get((out * 2 + in) * TAPS + MIDDLE);
                assertThat(middle).isEqualTo(out % 2 == in ? 3 : 2);
            }
        }
    }

    @Test
    void kernelsBeginAsSumsOfBranches() {
        BranchedModel initial = RepOptimizer.initial(plain(), INPUT, SEED);
        BranchedModel branches =
                InitialWeights.random(spec("conv3x3-nobn,conv1x1-nobn", true), INPUT, SEED);
        Tensor kernel = weight(initial, 2, 0);
        Tensor wide = weight(branches, 2, 0);
        Tensor point = weight(branches, 2, 1);
        for (int i = 0; i < kernel.shape().elements(); i++) {
            double expected = Math.sqrt(2) * wide.get(i);
            if (i % TAPS == MIDDLE) {
                boolean toItself = i / TAPS / 12 == i / TAPS % 12;
                expected += Math.sqrt(2) * point.get(i / TAPS) + (toItself ? 1 : 0);
            }
            assertThat((double) kernel.get(i)).isCloseTo(expected, within(ROUNDING));
        }
        assertThat(initial.spec()).isEqualTo(plain());
        assertThat(initial.head().weight().toArray()).isEqualTo(branches.head().weight().toArray());
    }

    @Test
    void firstWeightsFollowFromTheSeed() {
        float[] first = weight(RepOptimizer.initial(plain(), INPUT, SEED), 0, 0).toArray();
        assertThat(weight(RepOptimizer.initial(plain(), INPUT, SEED), 0, 0).toArray())
                .isEqualTo(first);
        assertThat(weight(RepOptimizer.initial(plain(), INPUT, SEED + 1), 0, 0).toArray())
                .isNotEqualTo(first);
    }

    private static Tensor weight(BranchedModel model, int block, int branch) {
        return ((Branch.Convolution) model.blocks().get(block).branches().get(branch)).weight();
    }

    @Test
    void otherNetworksAreRefused() {
        assertThatThrownBy(() -> RepOptimizer.initial(spec("conv3x3,conv1x1", false), INPUT, SEED))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "RepOptimizer trains blocks of conv3x3 alone, stage0 of small has [conv3x3,"
                                + " conv1x1]: it wants a network of --branches conv3x3");
        assertThatThrownBy(() -> RepOptimizer.multipliers(spec("conv3x3,identity", false)))
                .hasMessageContaining("stage1.1 of small has [conv3x3, identity]");
        assertThatThrownBy(() -> RepOptimizer.check(spec("conv3x3", true)))
                .hasMessageContaining("[conv3x3] and a norm after their sum");
        RepOptimizer.check(plain());
    }

    /// For any constants: a sum of scaled branches, each descending along its own gradient, and one
    /// kernel descending along its multiplied one, in scalar code. The gradient depends on where
    /// the kernel is, so a kernel that left the path would not come back.
    @Test
    void theKernelWalksThePathOfTheSum() {
        var random = new SplittableRandom(SEED);
        var scales = new Scales(0.3 + random.nextDouble(), 0.3 + random.nextDouble(), true);
        var sum = new ScaledSum(scales, random);
        double[] slopes = random.doubles(ScaledSum.ELEMENTS, 0.1, 2).toArray();
        var kernel = new Descent(sum.kernel());
        Tensor multipliers = RepOptimizer.multipliers(scales, Shape.of(2, 2, 3, 3));
        double[] first = sum.kernel();

        for (int step = 0; step < 50; step++) {
            double[] sums = sum.kernel();
            for (int i = 0; i < ScaledSum.ELEMENTS; i++) {
                sum.step(i, Math.sin(slopes[i] * sums[i]));
                kernel.step(i, multipliers.get(i) * Math.sin(slopes[i] * kernel.weights[i]));
            }
        }

        for (int i = 0; i < ScaledSum.ELEMENTS; i++) {
            // multipliers are rounded once, 2^-24 of each step
            assertThat(kernel.weights[i]).isCloseTo(sum.kernel()[i], within(1e-6));
            assertThat(Math.abs(kernel.weights[i] - first[i])).isGreaterThan(0.01);
        }
    }

    /// What is trained, and its momentum.
    private record Descent(double[] weights, double[] velocity) {
        private static final StepSettings STEP = new StepSettings(0.02, 0.9, true, 5e-3, 0);

        Descent(double[] weights) {
            this(weights, new double[weights.length]);
        }

        void step(int i, double gradient) {
            double decayed = gradient + STEP.weightDecay() * weights[i];
            velocity[i] = STEP.momentum() * velocity[i] + decayed;
            weights[i] -= STEP.learningRate() * (decayed + STEP.momentum() * velocity[i]);
        }
    }

    /// `s W3 + t W1 + u` of two channels.
    private static final class ScaledSum {
        static final int ELEMENTS = 2 * 2 * TAPS;

        private final Scales scales;
        private final Descent wide;
        private final Descent point;
        private final Descent own = new Descent(new double[] {1, 1});

        ScaledSum(Scales scales, SplittableRandom random) {
            this.scales = scales;
            wide = new Descent(random.doubles(ELEMENTS, -1, 1).toArray());
            point = new Descent(random.doubles(ELEMENTS / TAPS, -1, 1).toArray());
        }

        double[] kernel() {
            double[] sum = new double[ELEMENTS];
            for (int i = 0; i < ELEMENTS; i++) {
                sum[i] = scales.kernel() * wide.weights[i];
                if (i % TAPS == MIDDLE) {
                    sum[i] += scales.point() * point.weights[i / TAPS];
                    sum[i] += isOwn(i) ? own.weights[i / TAPS / 2] : 0;
                }
            }
            return sum;
        }

        /// @param gradient of element `i` of the sum
        void step(int i, double gradient) {
            wide.step(i, scales.kernel() * gradient);
            if (i % TAPS == MIDDLE) {
                point.step(i / TAPS, scales.point() * gradient);
                if (isOwn(i)) {
                    own.step(i / TAPS / 2, gradient);
                }
            }
        }

        private static boolean isOwn(int i) {
            return i / TAPS / 2 == i / TAPS % 2;
        }
    }
}
