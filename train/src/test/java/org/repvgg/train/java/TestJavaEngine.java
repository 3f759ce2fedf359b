package org.repvgg.train.java;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.repvgg.format.ReferenceNames;
import org.repvgg.kernel.Kernels;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.SqueezeExciteSpec;
import org.repvgg.spec.SqueezeExciteSpec.Placement;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.SoftBatch;
import org.repvgg.train.TrainingEngine.Batch;
import org.repvgg.train.TrainingEngine.StepSettings;

final class TestJavaEngine {
    private static final long SEED = 20261125;
    private static final int CLASSES = 3;
    private static final StepSettings STEP = new StepSettings(0.05, 0.9, true, 5e-4, 1e-4);

    /// Step of a central difference in double: its error is of the order of the step squared, and a
    /// ReLU lies within it of its kink once in a million.
    private static final double DIFFERENCE = 1e-6;

    /// Of the largest gradient of a tensor: single precision through seven blocks of batch norms
    /// over as few as 12 values. Measured at most 1e-5.
    private static final double GRADIENT_TOLERANCE = 1e-4;

    /// Weights looked at in each tensor.
    private static final int LOOKS = 2;

    private static RepVggSpec small() {
        return RepVggFamily.A0.spec().toBuilder()
                .name("small")
                .classes(CLASSES)
                .widths(List.of(5, 8, 17, 33, 40))
                .depths(List.of(1, 2, 1, 2, 1))
                .strides(List.of(1, 2, 2, 1, 2))
                .build();
    }

    private static RepVggSpec with(String... branches) {
        List<BranchSpec> list = new ArrayList<>();
        for (String branch : branches) {
            list.add(BranchSpec.parse(branch));
        }
        return small().toBuilder().name(String.join("+", branches)).branches(list).build();
    }

    static List<RepVggSpec> trainable() {
        return List.of(
                small(),
                with("conv3x3"),
                with("conv1x1"),
                with("conv3x3", "conv3x3", "conv1x1", "identity"),
                with("identity", "conv3x3"),
                with("conv3x3", "conv1x3", "conv3x1"),
                with("conv3x3", "conv1x1-nobn", "identity-nobn"),
                with("conv3x3-nobn", "conv1x1-nobn"),
                with("conv3x3-relu", "conv1x1-relu", "identity-relu"),
                with("conv3x3-relu", "conv1x1", "identity-nobn"),
                postNorm("conv3x3", "conv1x1", "identity"),
                postNorm("conv3x3", "conv1x1-nobn", "identity-nobn"),
                postNorm("conv3x3-relu", "identity"));
    }

    private static RepVggSpec postNorm(String... branches) {
        RepVggSpec spec = with(branches);
        return spec.toBuilder().name(spec.name() + ", norm").postNorm(true).build();
    }

    /// Wide enough for [TransformedBranch], on maps that its tiles cover and do not.
    private static RepVggSpec wide(String... branches) {
        return with(branches).toBuilder()
                .name("wide " + String.join("+", branches))
                .widths(List.of(24, 33, 25, 24, 24))
                .depths(List.of(1, 2, 2, 2, 1))
                .strides(List.of(1, 1, 2, 2, 2))
                .build();
    }

    static List<RepVggSpec> transformable() {
        return List.of(
                wide("conv3x3", "conv1x1", "identity"),
                wide("conv3x3"),
                wide("conv3x3", "conv3x3", "identity"),
                wide("conv3x3-relu", "conv1x1", "identity"),
                wide("conv3x3", "conv1x1-nobn", "identity-nobn").toBuilder()
                        .postNorm(true)
                        .build());
    }

    private static BranchedModel model(RepVggSpec spec) {
        return InitialWeights.random(spec, InputSpec.centred(3, 9, 7), SEED);
    }

    private static Batch batch(int count, int height, int width) {
        return SoftBatch.of(Shape.of(count, 3, height, width), CLASSES, SEED + count);
    }

    @ParameterizedTest
    @MethodSource("trainable")
    void gradientsAreDifferencesOfTheLoss(RepVggSpec spec) {
        check(spec, batch(6, 9, 7));
    }

    @ParameterizedTest
    @MethodSource("transformable")
    void gradientsOfTransformedConvolutionsAreDifferencesToo(RepVggSpec spec) {
        check(spec, batch(4, 9, 7));
        check(spec, batch(4, 8, 8));
    }

    /// A weight of a tensor, and what the loss does where it is moved.
    private record Slope(String name, int index, double value) {}

    /// With norms that look lived-in.
    private static void check(RepVggSpec spec, Batch batch) {
        BranchedModel model = LivedIn.norms(model(spec), SEED);
        List<Slope> slopes = slopes(model, batch);
        try (JavaEngine engine = JavaEngine.start(model, 2)) {
            assertThat(engine.gradients(batch))
                    .isCloseTo(new NaiveTraining(model).loss(batch), within(GRADIENT_TOLERANCE));
            for (Slope slope : slopes) {
                Tensor gradient = engine.gradient(slope.name());
                double size = 0;
                for (float value : gradient.unsafeArray()) {
                    size = Math.max(size, Math.abs(value));
                }
                assertThat((double) gradient.get(slope.index()))
                        .as("%s[%s] of at most %s", slope.name(), slope.index(), size)
                        .isCloseTo(
                                slope.value(), within(GRADIENT_TOLERANCE * Math.max(size, 1e-3)));
            }
        }
    }

    /// Of some weights of every tensor, on all processors.
    private static List<Slope> slopes(BranchedModel model, Batch batch) {
        return ReferenceNames.trainable(model.spec()).parallelStream()
                .flatMap(
                        name -> {
                            var naive = new NaiveTraining(model);
                            var random = new SplittableRandom(SEED + name.hashCode());
                            return random.ints(LOOKS, 0, naive.weight(name).length)
                                    .mapToObj(i -> slope(name, i, naive, batch));
                        })
                .toList();
    }

    private static Slope slope(String name, int i, NaiveTraining naive, Batch batch) {
        double[] weight = naive.weight(name);
        double before = weight[i];
        weight[i] = before + DIFFERENCE;
        double above = naive.loss(batch);
        weight[i] = before - DIFFERENCE;
        double below = naive.loss(batch);
        weight[i] = before;
        return new Slope(name, i, (above - below) / (2 * DIFFERENCE));
    }

    @Test
    void threadsChangeNothing() {
        threadsChangeNothing(small());
        threadsChangeNothing(wide("conv3x3", "conv1x1", "identity"));
    }

    private static void threadsChangeNothing(RepVggSpec spec) {
        BranchedModel model = model(spec);
        Map<String, Tensor> expected = trained(model, 1, Kernels.fastest());
        assertSame(trained(model, 2, Kernels.fastest()), expected);
        assertSame(trained(model, 3, Kernels.fastest()), expected);
    }

    @Test
    void kernelsChangeNothing() {
        kernelsChangeNothing(small());
        kernelsChangeNothing(wide("conv3x3", "conv1x1", "identity"));
    }

    private static void kernelsChangeNothing(RepVggSpec spec) {
        BranchedModel model = model(spec);
        Map<String, Tensor> expected = trained(model, 2, Kernels.all().getFirst());
        assertSame(trained(model, 2, Kernels.fastest()), expected);
    }

    private static Map<String, Tensor> trained(BranchedModel model, int threads, Kernels kernels) {
        try (JavaEngine engine = JavaEngine.start(model, threads, kernels)) {
            for (int i = 0; i < 3; i++) {
                double _ = engine.step(batch(40, 9, 7), STEP);
            }
            double _ = engine.step(List.of(batch(7, 9, 7), batch(40, 9, 7)), STEP);
            engine.freeze(2);
            double _ = engine.step(batch(40, 9, 7), STEP);
            Map<String, Tensor> state = new HashMap<>(engine.state());
            List<Tensor> images = List.of(batch(40, 9, 7).images(), batch(7, 9, 7).images());
            BranchedModel gathered =
                    engine.recomputeStatistics(engine.weights(), images.iterator());
            ReferenceNames.tensors(gathered)
                    .forEach((name, tensor) -> state.put("recomputed/" + name, tensor));
            return state;
        }
    }

    private static void assertSame(Map<String, Tensor> actual, Map<String, Tensor> expected) {
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        actual.forEach(
                (name, tensor) ->
                        assertThat(tensor.toArray())
                                .as(name)
                                .isEqualTo(expected.get(name).toArray()));
    }

    @Test
    void goesOnFromItsState() {
        BranchedModel model = model(small());
        try (JavaEngine first = JavaEngine.start(model, 2);
                JavaEngine second = JavaEngine.start(model, 1)) {
            double _ = first.step(batch(6, 9, 7), STEP);
            second.restore(first.state());
            assertThat(second.step(batch(5, 9, 7), STEP))
                    .isEqualTo(first.step(batch(5, 9, 7), STEP));
            assertSame(second.state(), first.state());
        }
    }

    @Test
    void refusesAStateThatDoesNotFit() {
        try (JavaEngine engine = JavaEngine.start(model(small()), 1)) {
            Map<String, Tensor> state = new HashMap<>(engine.state());
            state.put("momentum/linear.bias", Tensor.zeros(Shape.of(4)));
            assertThatThrownBy(() -> engine.restore(state))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("momentum/linear.bias", "[4]", "[3]");
            state.remove("stage0.rbr_dense.bn.running_mean");
            assertThatThrownBy(() -> engine.restore(state))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("lacks", "stage0.rbr_dense.bn.running_mean", "[5]");
        }
    }

    @Test
    void takesOtherSizesAndSmallerBatches() {
        BranchedModel model = model(small());
        try (JavaEngine engine = JavaEngine.start(model, 2);
                JavaEngine other = JavaEngine.start(model, 2)) {
            double _ = engine.step(batch(6, 9, 7), STEP);
            other.restore(engine.state());
            double small = engine.step(batch(3, 9, 7), STEP);
            assertThat(other.step(batch(3, 9, 7), STEP)).isEqualTo(small);
            double large = engine.step(batch(4, 16, 11), STEP);
            assertThat(other.step(batch(4, 16, 11), STEP)).isEqualTo(large);
            assertSame(engine.state(), other.state());
        }
    }

    @Test
    void smallerBatchesSeeNothingOfLargerOnes() {
        BranchedModel model = model(small());
        try (JavaEngine engine = JavaEngine.start(model, 2);
                JavaEngine fresh = JavaEngine.start(model, 2)) {
            double _ = engine.step(batch(70, 9, 7), STEP);
            for (int count : new int[] {40, 33, 5}) {
                fresh.restore(engine.state());
                Batch batch = batch(count, 9, 7);
                try (JavaEngine newest = JavaEngine.start(fresh.weights(), 2)) {
                    assertThat(engine.gradients(batch)).isEqualTo(newest.gradients(batch));
                    for (String name : ReferenceNames.trainable(small())) {
                        assertThat(engine.gradient(name).toArray())
                                .as("%s, %s images", name, count)
                                .isEqualTo(newest.gradient(name).toArray());
                    }
                }
            }
        }
    }

    @Test
    void gradientsOfManyImagesAreDifferencesOfTheLoss() {
        RepVggSpec spec =
                with("conv3x3", "conv1x1", "identity").toBuilder()
                        .widths(List.of(3, 5))
                        .depths(List.of(1, 2))
                        .strides(List.of(2, 1))
                        .build();
        check(spec, batch(70, 5, 4));
    }

    @Test
    void lossesThatAreNoNumbersAreGivenBack() {
        Batch batch = batch(4, 9, 7);
        batch.images().unsafeArray()[0] = Float.NaN;
        try (JavaEngine engine = JavaEngine.start(model(small()), 2)) {
            assertThat(engine.step(batch, STEP)).isNaN();
        }
    }

    @Test
    void mapsThatFitNoArrayAreNamed() {
        RepVggSpec wide = small().toBuilder().widths(List.of(4096, 8, 16, 16, 16)).build();
        Batch batch = batch(40, 512, 512);
        try (JavaEngine engine = JavaEngine.start(model(wide), 2)) {
            assertThatThrownBy(() -> engine.step(batch, STEP))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("[40,3,512,512]", "--batch");
        }
    }

    @Test
    void learns() {
        try (JavaEngine engine = JavaEngine.start(model(small()), 2)) {
            Batch batch = batch(16, 9, 7);
            double first = engine.step(batch, STEP);
            double last = first;
            for (int i = 0; i < 20; i++) {
                last = engine.step(batch, STEP);
            }
            assertThat(last).isLessThan(first / 2);
        }
    }

    static List<RepVggSpec> refused() {
        return List.of(
                with("dirac"),
                small().toBuilder()
                        .name("reach")
                        .branchCycle(
                                List.of(
                                        List.of(BranchSpec.parse("conv3x3")),
                                        List.of(
                                                BranchSpec.parse("conv3x3"),
                                                BranchSpec.parse("identity@1"))))
                        .build(),
                small().toBuilder()
                        .name("groups")
                        .widths(List.of(8, 8, 16, 32, 40))
                        .groups(Map.of(2, 2))
                        .build(),
                small().toBuilder()
                        .name("se")
                        .squeezeExcite(new SqueezeExciteSpec(4, Placement.AFTER_RELU))
                        .build(),
                small().toBuilder().name("auxiliary").auxiliaryHeads(true).build());
    }

    @ParameterizedTest
    @MethodSource("refused")
    void saysWhatItDoesNotTrain(RepVggSpec spec) {
        assertThat(JavaEngine.refusal(spec)).get().asString().contains(spec.name(), "libtorch");
        assertThatThrownBy(() -> JavaEngine.start(model(spec), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("libtorch");
    }

    @Test
    void namesBatchesThatDoNotFit() {
        try (JavaEngine engine = JavaEngine.start(model(small()), 1)) {
            Batch one = batch(1, 1, 1);
            assertThatThrownBy(() -> engine.step(one, STEP))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("more than one value", "[1,3,1,1]");
            assertThat(engine.step(batch(1, 9, 7), STEP)).isFinite();
            Batch two = batch(2, 9, 7);
            Batch mixed = new Batch(two.images(), one.targets());
            assertThatThrownBy(() -> engine.step(mixed, STEP))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("[1,3]", "[2,3]");
        }
    }
}
