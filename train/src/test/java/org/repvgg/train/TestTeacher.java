package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.repvgg.fold.Fold;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.runtime.BranchedRuntime;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.TrainingEngine.Batch;

final class TestTeacher {
    private static final int CLASSES = 3;
    private static final double PART = 0.75;
    private static final double TEMPERATURE = 2;

    private static final InputSpec INPUT =
            InputSpec.centred(3, 8, 8).withClassNames(List.of("a", "b", "c"));

    private static BranchedModel network(int classes, InputSpec input, long seed) {
        return InitialWeights.random(TinyTraining.spec(classes), input, seed);
    }

    private static Teacher teacher(BranchedModel model) {
        return new Teacher(model, PART, TEMPERATURE, 0);
    }

    private static Batch batch() {
        float[] pixels = new float[2 * 3 * 8 * 8];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) Math.sin(i);
        }
        return new Batch(
                Tensor.ofOwned(Shape.of(2, 3, 8, 8), pixels),
                Tensor.ofOwned(Shape.of(2, CLASSES), new float[] {1, 0, 0, 0, 0.5f, 0.5f}));
    }

    /// Written anew, from the formula.
    private static double expected(float[] logits, int row, int label, double target) {
        double sum = 0;
        for (int i = 0; i < CLASSES; i++) {
            sum += Math.exp(logits[row * CLASSES + i] / TEMPERATURE);
        }
        double probability = Math.exp(logits[row * CLASSES + label] / TEMPERATURE) / sum;
        return (1 - PART) * target + PART * probability;
    }

    @Test
    void targetsAreMixedWithSoftenedProbabilities() {
        BranchedModel model = network(CLASSES, INPUT, 1);
        Batch batch = batch();
        float[] targets = batch.targets().toArray();
        try (Classifier branches = BranchedRuntime.load(model, new RuntimeOptions(1));
                TaughtTargets taught = new TaughtTargets(teacher(model), 1)) {
            float[] logits = branches.logits(batch.images()).toArray();
            Batch mixed = taught.of(batch, false, 1, 0);

            assertThat(mixed.images()).isSameAs(batch.images());
            for (int i = 0; i < targets.length; i++) {
                int row = i / CLASSES;
                assertThat((double) mixed.targets().get(i))
                        .as("row %s, class %s", row, i % CLASSES)
                        .isEqualTo(expected(logits, row, i % CLASSES, targets[i]), within(1e-5));
            }
            assertThat(batch.targets().toArray()).as("not modified").isEqualTo(targets);
        }
    }

    @Test
    void bothSidesAreWorthTheirMean() {
        Batch batch = batch();
        float[] pixels = batch.images().toArray();
        float[] turned = new float[pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            turned[i] = pixels[i / 8 * 8 + 7 - i % 8];
        }
        Batch other = new Batch(Tensor.ofOwned(batch.images().shape(), turned), batch.targets());
        try (TaughtTargets taught = new TaughtTargets(teacher(network(CLASSES, INPUT, 1)), 1)) {
            Tensor one = taught.of(batch, false, 1, 0).targets();
            Tensor another = taught.of(other, false, 1, 0).targets();
            Batch both = taught.of(batch, true, 1, 0);

            assertThat(both.images()).isSameAs(batch.images());
            assertThat(one.toArray()).isNotEqualTo(another.toArray());
            for (int i = 0; i < 2 * CLASSES; i++) {
                float mean = (one.get(i) + another.get(i)) / 2;
                assertThat(both.targets().get(i)).isEqualTo(mean, within(1e-6f));
            }
        }
    }

    @Test
    void hugeLogitsStayFinite() {
        BranchedModel model = network(CLASSES, INPUT, 1);
        float[] pixels = new float[3 * 8 * 8];
        Arrays.fill(pixels, 1e30f);
        Batch batch =
                new Batch(
                        Tensor.ofOwned(Shape.of(1, 3, 8, 8), pixels),
                        Tensor.ofOwned(Shape.of(1, CLASSES), new float[] {1, 0, 0}));
        try (TaughtTargets taught = new TaughtTargets(teacher(model), 1)) {
            float sum = 0;
            for (float target : taught.of(batch, false, 1, 0).targets().toArray()) {
                sum += target;
            }
            assertThat(sum).isEqualTo(1, within(1e-5f));
        }
    }

    @Test
    void remembersWhatItSaidOfABatch() {
        Batch batch = batch();
        Batch other =
                new Batch(Tensor.zeros(batch.images().shape()), batch.targets()); // never looked at
        Teacher teacher = new Teacher(network(CLASSES, INPUT, 1), PART, TEMPERATURE, 4);
        try (TaughtTargets taught = new TaughtTargets(teacher, 1)) {
            float[] said = taught.of(batch, false, 2, 7).targets().toArray();

            assertThat(taught.of(other, false, 2, 7).targets().toArray()).isEqualTo(said);
            assertThat(taught.of(other, false, 3, 7).targets().toArray()).isNotEqualTo(said);
            assertThat(taught.of(other, false, 2, 8).targets().toArray()).isNotEqualTo(said);
        }
    }

    @Test
    void epochsShowThoseItKnowsAgain() {
        Recipe recipe =
                Recipe.builder("ten").epochs(10).batchSize(4).peakLearningRate(1).rest(0.3).build();
        Teacher three = new Teacher(network(CLASSES, INPUT, 1), 1, 1, 3);

        assertThat(IntStream.rangeClosed(1, 10).map(epoch -> three.view(epoch, recipe)))
                .containsExactly(1, 2, 3, 1, 2, 3, 1, 8, 9, 10);
        Teacher two = new Teacher(network(CLASSES, INPUT, 1), 1, 1, 2);
        assertThat(IntStream.rangeClosed(8, 10).map(epoch -> two.view(epoch, recipe)))
                .containsExactly(8, 9, 8);
        Teacher all = new Teacher(network(CLASSES, INPUT, 1), 1, 1, 0);
        assertThat(all.view(9, recipe)).isEqualTo(9);
    }

    @Test
    void withoutATeacherNothingChanges() {
        Batch batch = batch();
        try (TaughtTargets none = new TaughtTargets(null, 1)) {
            assertThat(none.of(batch, true, 1, 0)).isSameAs(batch);
        }
    }

    @Test
    void eitherFormTeaches() {
        BranchedModel model = network(CLASSES, INPUT, 1);
        try (TaughtTargets trained = new TaughtTargets(teacher(model), 1);
                TaughtTargets plain =
                        new TaughtTargets(new Teacher(Fold.fold(model), PART, TEMPERATURE, 0), 1)) {
            assertThat(plain.of(batch(), false, 1, 0).targets().toArray())
                    .isEqualTo(trained.of(batch(), false, 1, 0).targets().toArray());
        }
    }

    @Test
    void factsTellTeachersApart() {
        BranchedModel model = network(CLASSES, INPUT, 1);

        assertThat(teacher(model).facts())
                .containsEntry("teacher", "tiny")
                .containsEntry("teacher part", "0.75")
                .containsEntry("temperature", "2.0")
                .isEqualTo(teacher(network(CLASSES, INPUT, 1)).facts());
        assertThat(teacher(network(CLASSES, INPUT, 2)).facts().get("teacher digest"))
                .isNotEqualTo(teacher(model).facts().get("teacher digest"));
    }

    @Test
    void refusesWhatItCannotTeach() {
        BranchedModel pupil = network(CLASSES, INPUT, 1);
        assertThatThrownBy(
                        () ->
                                teacher(network(4, InputSpec.centred(3, 8, 8), 1))
                                        .checkTeaches(pupil))
                .hasMessage("the teacher has 4 classes, the network 3");
        assertThatThrownBy(
                        () ->
                                teacher(
                                                network(
                                                        CLASSES,
                                                        INPUT.withClassNames(
                                                                List.of("a", "c", "b")),
                                                        1))
                                        .checkTeaches(pupil))
                .hasMessage("the teacher knows the classes [a, c, b], the data has [a, b, c]");
        assertThatThrownBy(
                        () ->
                                teacher(network(CLASSES, INPUT.withSize(8, 9), 1))
                                        .checkTeaches(pupil))
                .hasMessage("the teacher takes images of 3x8x9, the network of 3x8x8");
        InputSpec brighter = INPUT.withNormalisation(List.of(0.6f, 0.5f, 0.5f), INPUT.std());
        assertThatThrownBy(() -> teacher(network(CLASSES, brighter, 1)).checkTeaches(pupil))
                .hasMessageContainingAll("[0.6, 0.5, 0.5]", "[0.5, 0.5, 0.5]");
    }

    @Test
    void refusesParts() {
        BranchedModel model = network(CLASSES, INPUT, 1);
        assertThatThrownBy(() -> new Teacher(model, 0, 1, 0)).hasMessageContaining("(0,1]");
        assertThatThrownBy(() -> new Teacher(model, 1.5, 1, 0)).hasMessageContaining("1.5");
        assertThatThrownBy(() -> new Teacher(model, 1, 0, 0)).hasMessageContaining("temperature");
        assertThatThrownBy(() -> new Teacher(model, 1, 1, -1)).hasMessageContaining("-1");
    }
}
