package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.data.Dataset;
import org.repvgg.evaluate.RandomImages;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Provenance;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.ModuleNames;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.RepOptimizer.Scales;
import org.repvgg.train.TrainingEngine.Batch;
import org.repvgg.train.TrainingEngine.StepSettings;

/// Multiplied gradients in whole networks and trainings.
final class TestRepOptimizerTraining {
    private static final long SEED = 20261127;
    private static final int CLASSES = 3;
    private static final InputSpec INPUT = InputSpec.centred(3, 9, 7);
    private static final int STEPS = 50;
    private static final StepSettings STEP = new StepSettings(0.02, 0.9, true, 5e-3, 0);

    /// Of losses, and of logits around 1, after fifty steps in single precision whose sums have
    /// another order: they differ by some `2^-24` a step, `3e-6` in all, and more where a rounding
    /// decides over a ReLU.
    private static final double TOLERANCE = 1e-4;

    private static RepVggSpec spec(String branches, boolean postNorm) {
        return RepVggFamily.A0.spec().toBuilder()
                .name("small")
                .classes(CLASSES)
                .widths(List.of(8, 12, 16))
                .depths(List.of(1, 3, 1))
                .strides(List.of(1, 2, 2))
                .branchCycle(BranchSpec.parseCycle(branches))
                .postNorm(postNorm)
                .build();
    }

    private static RepVggSpec plain() {
        return spec("conv3x3", false);
    }

    /// A network of blocks `BN(s (W3 * x) + t (W1 * x) + u x)`, trained on its own engine.
    ///
    /// A kernel `V = s W` behind which nothing is scaled moves as `s W` does if its gradient is
    /// multiplied by `s²`; `u` is the diagonal of another 1x1 kernel, whose other elements are 0
    /// and stay so.
    private record Branches(BranchedModel initial, Map<String, Tensor> multipliers) {
        static Branches drawn() {
            Map<String, Tensor> drawn =
                    new LinkedHashMap<>(
                            ReferenceNames.tensors(
                                    InitialWeights.random(
                                            spec("conv3x3-nobn,conv1x1-nobn", true), INPUT, SEED)));
            RepVggSpec spec = spec("conv3x3-nobn,conv1x1-nobn,conv1x1-nobn", true);
            Map<String, Tensor> multipliers = new LinkedHashMap<>();
            List<Scales> scales = Scales.of(plain());
            for (int block = 0; block < scales.size(); block++) {
                Scales own = scales.get(block);
                String place = ModuleNames.block(spec, block);
                for (Map.Entry<String, Double> branch :
                        Map.of(
                                        place + ".rbr_dense.conv.weight", own.kernel(),
                                        place + ".rbr_1x1.conv.weight", own.point())
                                .entrySet()) {
                    Tensor kernel = drawn.get(branch.getKey());
                    double s = branch.getValue();
                    drawn.put(branch.getKey(), tensor(kernel.shape(), i -> s * kernel.get(i)));
                    multipliers.put(branch.getKey(), tensor(kernel.shape(), _ -> s * s));
                }
                Shape shape = drawn.get(place + ".rbr_1x1.conv.weight").shape();
                int inputs = shape.dimension(1);
                Tensor diagonal =
                        tensor(shape, i -> own.addsInput() && i / inputs == i % inputs ? 1 : 0);
                drawn.put(place + ".rbr_1x1_2.conv.weight", diagonal);
                multipliers.put(place + ".rbr_1x1_2.conv.weight", diagonal);
            }
            return new Branches(
                    ReferenceNames.assemble(
                            spec, INPUT, Provenance.UNKNOWN, (name, _) -> drawn.get(name)),
                    multipliers);
        }

        private static Tensor tensor(Shape shape, IntToDoubleFunction element) {
            float[] values = new float[shape.elements()];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) element.applyAsDouble(i);
            }
            return Tensor.ofOwned(shape, values);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "libtorch"})
    void aPlainNetworkLearnsAsItsBranchesDo(String engine) {
        Branches branches = Branches.drawn();
        BranchedModel plain = RepOptimizer.initial(plain(), INPUT, SEED);
        try (TrainingEngine branched = start(engine, branches.initial);
                TrainingEngine multiplied = start(engine, plain);
                TrainingEngine unmultiplied = start(engine, plain)) {
            branched.multiplyGradients(branches.multipliers);
            multiplied.multiplyGradients(RepOptimizer.multipliers(plain()));
            for (int step = 0; step < STEPS; step++) {
                Batch batch = batch(step % 4);
                double expected = branched.step(batch, STEP);
                assertThat(multiplied.step(batch, STEP)).isCloseTo(expected, within(TOLERANCE));
                double _ = unmultiplied.step(batch, STEP);
            }
            Tensor images = batch(0).images();
            float[] expected = branched.logits(images).toArray();
            assertThat(difference(multiplied.logits(images), expected)).isLessThan(TOLERANCE);
            assertThat(difference(unmultiplied.logits(images), expected))
                    .isGreaterThan(1000 * TOLERANCE);
        }
    }

    @Test
    void enginesAgree() {
        BranchedModel initial = RepOptimizer.initial(plain(), INPUT, SEED);
        try (TrainingEngine java = start("java", initial);
                TrainingEngine libtorch = start("libtorch", initial)) {
            Map<String, Tensor> multipliers = RepOptimizer.multipliers(plain());
            java.multiplyGradients(multipliers);
            libtorch.multiplyGradients(multipliers);
            for (int step = 0; step < 4; step++) {
                List<Batch> parts = List.of(batch(2 * step), batch(2 * step + 1));
                double loss = java.step(parts, STEP);
                assertThat(libtorch.step(parts, STEP)).isCloseTo(loss, within(TOLERANCE));
            }
            Tensor images = batch(9).images();
            assertThat(difference(java.logits(images), libtorch.logits(images).toArray()))
                    .isLessThan(TOLERANCE);
        }
    }

    /// A kernel whose gradient is multiplied by zero stays, without decay; all others move. Later
    /// multipliers take the place of earlier ones.
    @ParameterizedTest
    @ValueSource(strings = {"java", "libtorch"})
    void multipliersAreThoseGivenLast(String engine) {
        BranchedModel initial = RepOptimizer.initial(plain(), INPUT, SEED);
        String first = "stage0.rbr_dense.conv.weight";
        String second = "stage1.0.rbr_dense.conv.weight";
        Map<String, Tensor> before = ReferenceNames.tensors(initial);
        try (TrainingEngine started = start(engine, initial)) {
            for (String name : List.of(first, second)) {
                started.multiplyGradients(Map.of(name, Tensor.zeros(before.get(name).shape())));
            }
            double _ = started.step(batch(0), new StepSettings(0.1, 0, false, 0, 0));
            Map<String, Tensor> after = ReferenceNames.tensors(started.weights());
            assertThat(after.get(first).toArray()).isNotEqualTo(before.get(first).toArray());
            assertThat(after.get(second).toArray()).isEqualTo(before.get(second).toArray());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "libtorch"})
    void multipliersThatDoNotFitAreRefused(String engine) {
        BranchedModel initial = RepOptimizer.initial(plain(), INPUT, SEED);
        try (TrainingEngine started = start(engine, initial)) {
            Tensor wrong = Tensor.zeros(Shape.of(2, 2, 3, 3));
            assertThatThrownBy(() -> started.multiplyGradients(Map.of("stage9.weight", wrong)))
                    .hasMessageContaining("stage9.weight");
            String name = "stage0.rbr_dense.conv.weight";
            assertThatThrownBy(() -> started.multiplyGradients(Map.of(name, wrong)))
                    .hasMessageContaining(name + " is [2,2,3,3]");
        }
    }

    private static TrainingEngine start(String engine, BranchedModel initial) {
        return Engines.of(engine, "cpu", "fp32", 1, 8).start(initial, Map.of());
    }

    private static double difference(Tensor logits, float[] expected) {
        double difference = 0;
        for (int i = 0; i < expected.length; i++) {
            difference = Math.max(difference, Math.abs(logits.get(i) - expected[i]));
        }
        return difference;
    }

    private static Batch batch(long seed) {
        return new Batch(
                RandomImages.noise(Shape.of(8, 3, 9, 7), seed),
                RandomBatch.targets(8, CLASSES, seed));
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "libtorch"})
    void aTrainingResumesToTheSameEnd(String engine, @TempDir Path folder) throws IOException {
        Recipe recipe =
                TinyTraining.recipe().toBuilder()
                        .epochs(3)
                        .peakLearningRate(0.05)
                        .repOptimizer(true)
                        .build();
        Trainer.Job job = job(recipe);
        EngineFactory engines = TinyTraining.engines(engine);
        TrainListener patient = new TrainListener() {};
        TrainResult whole = TinyTraining.run(job, folder.resolve("a"), engines, false, patient);
        Path cut = folder.resolve("b");
        TrainListener impatient =
                new TrainListener() {
                    @Override
                    public void epochDone(EpochRecord record, int of, double left) {
                        if (record.epoch() == 2) {
                            Thread.currentThread().interrupt();
                        }
                    }
                };
        assertThatThrownBy(() -> TinyTraining.run(job, cut, engines, false, impatient))
                .isInstanceOf(TrainException.class);
        TrainResult resumed = TinyTraining.run(job, cut, engines, true, patient);

        assertThat(tensors(resumed)).isEqualTo(tensors(whole));
        assertThat(whole.model().provenance().facts().get("gradients"))
                .isEqualTo("multiplied (RepOptimizer, s = t = sqrt(2/l))");
        Trainer.Job without = job(recipe.toBuilder().repOptimizer(false).build());
        assertThatThrownBy(() -> TinyTraining.run(without, cut, engines, true, patient))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("gradients is as they are now and was multiplied");
        TrainResult other = TinyTraining.run(without, folder.resolve("c"), engines, false, patient);
        assertThat(tensors(other)).isNotEqualTo(tensors(whole));
    }

    @Test
    void aTrainingWantsAPlainNetwork(@TempDir Path folder) {
        Recipe recipe = TinyTraining.recipe().toBuilder().repOptimizer(true).build();
        Trainer.Job job = TinyTraining.job(ColouredImages.dataset(4, 200, 60), recipe);
        assertThatThrownBy(() -> TinyTraining.run(job, folder, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("stage0 of tiny has [conv3x3, conv1x1]");
    }

    private static Trainer.Job job(Recipe recipe) {
        Dataset data = ColouredImages.dataset(4, 200, 60);
        List<String> names = data.train().classNames();
        RepVggSpec spec =
                TinyTraining.spec(names.size()).toBuilder()
                        .branches(List.of(BranchSpec.convolution(3, 3)))
                        .build();
        InputSpec input = InputSpec.centred(3, 8, 8).withClassNames(names);
        return new Trainer.Job(RepOptimizer.initial(spec, input, 3), data, recipe, 7, 1);
    }

    private static Map<String, String> tensors(TrainResult result) {
        Map<String, String> values = new LinkedHashMap<>();
        ReferenceNames.tensors(result.model())
                .forEach((name, tensor) -> values.put(name, Arrays.toString(tensor.toArray())));
        return values;
    }
}
