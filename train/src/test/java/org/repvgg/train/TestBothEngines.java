package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.TrainingEngine.Batch;
import org.repvgg.train.TrainingEngine.StepSettings;

/// What both engines promise alike, and that they do the same from the same weights on the same
/// batches.
final class TestBothEngines {
    private static final int CLASSES = 4;
    private static final int STEPS = 4;
    private static final StepSettings STEP = new StepSettings(0.02, 0.9, true, 5e-4, 1e-4);

    /// Of the largest value of a tensor, or of a loss: one step's sums of up to 500 terms in
    /// another order differ by some `sqrt(500) * 2^-24 = 1.3e-6`, and each of the next steps may
    /// double it: `1.3e-6 * 2^4`.
    private static final double TOLERANCE = 2e-5;

    private static BranchedModel model() {
        RepVggSpec spec =
                RepVggFamily.A0.spec().toBuilder()
                        .name("small")
                        .classes(CLASSES)
                        .widths(List.of(8, 8, 16, 24))
                        .depths(List.of(1, 2, 2, 1))
                        .strides(List.of(1, 2, 1, 2))
                        .build();
        return InitialWeights.random(spec, InputSpec.centred(3, 9, 7), 1);
    }

    private static TrainingEngine start(String engine) {
        return Engines.of(engine, "cpu", "fp32", 1, 8).start(model(), Map.of());
    }

    private static Batch batch(int count, long seed) {
        return SoftBatch.of(Shape.of(count, 3, 9, 7), CLASSES, seed);
    }

    /// The parts of a step, of these sizes.
    private static List<Batch> parts(int step, int... sizes) {
        List<Batch> parts = new ArrayList<>();
        for (int part = 0; part < sizes.length; part++) {
            parts.add(batch(sizes[part], 100L * step + part));
        }
        return parts;
    }

    /// Losses, weights and statistics of both engines after some steps.
    private static void assertAgreement(StepSettings settings, int... sizes) {
        assertAgreement(settings, 0, sizes);
    }

    private static void assertAgreement(StepSettings settings, int frozen, int[] sizes) {
        try (TrainingEngine java = start("java");
                TrainingEngine libtorch = start("libtorch")) {
            java.freeze(frozen);
            libtorch.freeze(frozen);
            for (int step = 0; step < STEPS; step++) {
                List<Batch> parts = parts(step, sizes);
                double loss = java.step(parts, settings);
                assertThat(libtorch.step(parts, settings))
                        .isCloseTo(loss, within(TOLERANCE * loss));
            }
            assertClose(java.weights(), libtorch.weights());
        }
    }

    private static void assertClose(BranchedModel actual, BranchedModel expected) {
        Map<String, Tensor> tensors = ReferenceNames.tensors(expected);
        ReferenceNames.tensors(actual)
                .forEach((name, tensor) -> assertClose(name, tensor, tensors.get(name)));
    }

    private static void assertClose(String name, Tensor actual, Tensor expected) {
        double difference = 0;
        double size = 0;
        for (int i = 0; i < expected.shape().elements(); i++) {
            difference = Math.max(difference, Math.abs(actual.get(i) - expected.get(i)));
            size = Math.max(size, Math.abs(expected.get(i)));
        }
        assertThat(difference).as(name).isLessThanOrEqualTo(TOLERANCE * size);
    }

    @Test
    void enginesAgree() {
        assertAgreement(STEP, 8);
    }

    @Test
    void enginesAgreeOnStepsOfSeveralBatches() {
        assertAgreement(STEP, 8, 3, 8);
    }

    @Test
    void enginesAgreeOnARateOfItsOwnForTheNormsBiases() {
        assertAgreement(new StepSettings(0.02, 0.9, true, 5e-4, 1e-4, 8, 1), 8);
        assertAgreement(new StepSettings(0.02, 0.9, false, 5e-4, 1e-4, 0.25, 1), 8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "libtorch"})
    void theNormsBiasesGoAsManyTimesAsFar(String engine) {
        Batch batch = batch(6, 1);
        var eightfold = new StepSettings(0.02, 0, false, 0, 0, 8, 1);
        BranchedModel before = model();
        try (TrainingEngine one = start(engine);
                TrainingEngine eight = start(engine)) {
            double _ = one.step(batch, new StepSettings(0.02, 0, false, 0, 0));
            double _ = eight.step(batch, eightfold);
            Map<String, Tensor> expected = ReferenceNames.tensors(one.weights());
            Map<String, Tensor> actual = ReferenceNames.tensors(eight.weights());
            ReferenceNames.tensors(before)
                    .forEach(
                            (name, start) -> {
                                boolean norm = name.endsWith("bias") && !name.startsWith("linear");
                                float[] far = new float[start.shape().elements()];
                                for (int i = 0; i < far.length; i++) { // 8 is exact
                                    float step = expected.get(name).get(i) - start.get(i);
                                    far[i] = start.get(i) + (norm ? 8 * step : step);
                                }
                                assertClose(
                                        name, actual.get(name), Tensor.ofOwned(start.shape(), far));
                            });
        }
    }

    @Test
    void enginesAgreeOnARateOfItsOwnForTheBody() {
        assertAgreement(new StepSettings(0.02, 0.9, true, 5e-4, 1e-4, 1, 0.1), 8);
        assertAgreement(
                new StepSettings(0.02, 0.9, false, 5e-4, 1e-4, 8, 0.5), 1, new int[] {8, 3});
    }

    @ParameterizedTest
    @CsvSource({"java,0.25", "java,0", "libtorch,0.25", "libtorch,0"})
    void theBodyGoesAPartAsFarAndTheHeadAsFarAsEver(String engine, float part) {
        Batch batch = batch(6, 1);
        try (TrainingEngine whole = start(engine);
                TrainingEngine slow = start(engine)) {
            double _ = whole.step(batch, new StepSettings(0.02, 0, false, 5e-4, 1e-4, 8, 1));
            double _ = slow.step(batch, new StepSettings(0.02, 0, false, 5e-4, 1e-4, 8, part));
            Map<String, Tensor> expected = ReferenceNames.tensors(whole.weights());
            Map<String, Tensor> actual = ReferenceNames.tensors(slow.weights());
            Map<String, Tensor> before = ReferenceNames.tensors(model());
            for (String name : ReferenceNames.trainable(model().spec())) {
                Tensor start = before.get(name);
                boolean head = name.startsWith("linear");
                float[] near = new float[start.shape().elements()];
                for (int i = 0; i < near.length; i++) {
                    float step = expected.get(name).get(i) - start.get(i);
                    near[i] = start.get(i) + (head ? step : part * step);
                }
                assertThat(expected.get(name).toArray()).as(name).isNotEqualTo(start.toArray());
                assertClose(name, actual.get(name), Tensor.ofOwned(start.shape(), near));
            }
            assertThat(running(slow.state())).as("statistics").isEqualTo(running(whole.state()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "libtorch"})
    void equalPartsMakeTheStepOfOneOfThem(String engine) {
        Batch batch = batch(6, 1);
        try (TrainingEngine one = start(engine);
                TrainingEngine four = start(engine)) {
            // a power of two, so that its quarter and four of them are exact
            assertThat(four.step(List.of(batch, batch, batch, batch), STEP))
                    .isEqualTo(one.step(batch, STEP));
            Map<String, Tensor> expected = one.state();
            Map<String, Tensor> actual = four.state();
            for (String name : ReferenceNames.trainable(model().spec())) {
                assertThat(actual.get(name).toArray())
                        .as(name)
                        .isEqualTo(expected.get(name).toArray());
            }
            assertThat(running(actual)).as("moves once a part").isNotEqualTo(running(expected));
        }
    }

    private static float[] running(Map<String, Tensor> state) {
        return state.get("stage0.rbr_dense.bn.running_var").toArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void enginesAgreeOnFrozenStages(int stages) {
        assertAgreement(STEP, stages, new int[] {8, 3});
    }

    @ParameterizedTest
    @CsvSource({"java,0", "java,1", "java,3", "java,4", "libtorch,0", "libtorch,3", "libtorch,4"})
    void whatIsFrozenStaysAndAllElseMoves(String engine, int stages) {
        var frozen = new FrozenStages(model().spec(), stages);
        try (TrainingEngine started = start(engine)) {
            double _ = started.step(batch(6, 1), STEP); // from where it no longer moves
            Map<String, Tensor> before = started.state();
            started.freeze(stages);
            for (int step = 0; step < STEPS; step++) {
                double _ = started.step(batch(6, 1), STEP);
            }
            Map<String, Tensor> after = started.state();
            ReferenceNames.tensors(model())
                    .keySet()
                    .forEach(
                            name ->
                                    assertThat(
                                                    Arrays.equals(
                                                            after.get(name).toArray(),
                                                            before.get(name).toArray()))
                                            .as(name)
                                            .isEqualTo(frozen.contains(name)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "libtorch"})
    void partsOfAFrozenNetworkMakeTheStepOfTheWholeBatch(String engine) {
        Batch whole = batch(8, 1);
        try (TrainingEngine one = start(engine);
                TrainingEngine two = start(engine)) {
            one.freeze(model().spec().stages());
            two.freeze(model().spec().stages());
            for (int step = 0; step < STEPS; step++) {
                double loss = one.step(whole, STEP);
                assertThat(two.step(List.of(part(whole, 0, 3), part(whole, 3, 8)), STEP))
                        .isCloseTo(loss, within(TOLERANCE * loss));
            }
            assertClose(two.weights(), one.weights());
        }
    }

    /// Images `[from,to)` of a batch.
    private static Batch part(Batch batch, int from, int to) {
        return new Batch(rows(batch.images(), from, to), rows(batch.targets(), from, to));
    }

    private static Tensor rows(Tensor tensor, int from, int to) {
        int[] dimensions = new int[tensor.shape().rank()];
        for (int d = 0; d < dimensions.length; d++) {
            dimensions[d] = d == 0 ? to - from : tensor.shape().dimension(d);
        }
        int row = tensor.shape().elements() / tensor.shape().dimension(0);
        return Tensor.ofOwned(
                Shape.of(dimensions), Arrays.copyOfRange(tensor.toArray(), from * row, to * row));
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "libtorch"})
    void freezesNoMoreStagesThanThereAre(String engine) {
        try (TrainingEngine started = start(engine)) {
            assertThatThrownBy(() -> started.freeze(5))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("cannot freeze 5 stages: small has 4");
        }
    }

    private static BranchedModel recomputed(
            TrainingEngine engine, BranchedModel model, int... sizes) {
        List<Tensor> images = parts(0, sizes).stream().map(Batch::images).toList();
        return engine.recomputeStatistics(model, images.iterator());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void enginesAgreeOnRecomputedStatistics(int frozen) {
        try (TrainingEngine java = start("java");
                TrainingEngine libtorch = start("libtorch")) {
            java.freeze(frozen);
            libtorch.freeze(frozen);
            double _ = java.step(batch(8, 1), STEP); // some other weights than the model's
            BranchedModel model = java.weights();
            assertClose(recomputed(java, model, 8, 8, 3), recomputed(libtorch, model, 8, 8, 3));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "libtorch"})
    void recomputedStatisticsAreTheBatchesMean(String engine) {
        BranchedModel model = model();
        try (TrainingEngine started = start(engine)) {
            double _ = started.step(batch(8, 1), STEP);
            Map<String, Tensor> state = started.state();
            List<Batch> both = parts(0, 8, 3);
            Map<String, Tensor> first = statistics(started, model, both.get(0));
            Map<String, Tensor> second = statistics(started, model, both.get(1));
            ReferenceNames.tensors(recomputed(started, model, 8, 3))
                    .forEach(
                            (name, tensor) -> {
                                float[] mean = first.get(name).toArray();
                                for (int i = 0; i < mean.length; i++) {
                                    mean[i] = (8 * mean[i] + 3 * second.get(name).get(i)) / 11;
                                }
                                assertClose(name, tensor, Tensor.ofOwned(tensor.shape(), mean));
                            });
            assertThat(running(started.state())).isEqualTo(running(state));
            Tensor momentum = started.state().get("momentum/linear.weight");
            assertThat(momentum.toArray()).isEqualTo(state.get("momentum/linear.weight").toArray());
        }
    }

    private static Map<String, Tensor> statistics(
            TrainingEngine engine, BranchedModel model, Batch batch) {
        return ReferenceNames.tensors(
                engine.recomputeStatistics(model, List.of(batch.images()).iterator()));
    }

    /// From zero, a step moves running statistics a tenth of the way to its batch's.
    @ParameterizedTest
    @ValueSource(strings = {"java", "libtorch"})
    void oneBatchsStatisticsAreThoseOfAStep(String engine) {
        Batch batch = parts(0, 8).getFirst();
        try (TrainingEngine started = start(engine)) {
            Map<String, Tensor> recomputed = statistics(started, model(), batch);
            Map<String, Tensor> zero = new HashMap<>(started.state());
            zero.replaceAll(
                    (name, tensor) ->
                            name.contains("running") ? Tensor.zeros(tensor.shape()) : tensor);
            started.restore(zero);
            double _ = started.step(batch, new StepSettings(0, 0, false, 0, 0));
            Map<String, Tensor> stepped = started.state();
            recomputed.forEach(
                    (name, tensor) -> {
                        float[] tenfold = stepped.get(name).toArray();
                        for (int i = 0; i < tenfold.length; i++) {
                            tenfold[i] *= name.contains("running") ? 10 : 1;
                        }
                        assertClose(name, tensor, Tensor.ofOwned(tensor.shape(), tenfold));
                    });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "libtorch"})
    void statisticsWantABatch(String engine) {
        try (TrainingEngine started = start(engine)) {
            assertThatThrownBy(() -> recomputed(started, model()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("at least one batch");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "libtorch"})
    void aStepWantsABatch(String engine) {
        try (TrainingEngine started = start(engine)) {
            assertThatThrownBy(() -> started.step(List.of(), STEP))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("at least one batch");
        }
    }
}
