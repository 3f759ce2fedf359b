package org.repvgg.train.java;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.kernel.Kernels;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.train.RandomBatch;
import org.repvgg.train.TrainingEngine.Batch;
import org.repvgg.train.TrainingEngine.StepSettings;

/// The clock of the Java engine, and what it counts.
final class TestStepProfiler {
    private static final StepSettings STEP = new StepSettings(0.01, 0.9, true, 5e-4, 0);
    private static final Shape IMAGES = Shape.of(4, 3, 8, 8);
    private static final Duration MOMENT = Duration.ofMillis(1);

    /// A block of 8x8 from images, one of 4x4 and one of stride 1, all of `width` channels.
    private static BranchedModel model(int width) {
        RepVggSpec spec =
                RepVggFamily.A0.spec().toBuilder()
                        .name("small")
                        .classes(5)
                        .widths(List.of(width, width))
                        .depths(List.of(1, 2))
                        .strides(List.of(1, 2))
                        .build();
        return InitialWeights.random(spec, InputSpec.centred(3, 8, 8), 1);
    }

    private static Batch batch(BranchedModel model) {
        return RandomBatch.of(model.spec(), IMAGES, 1);
    }

    private static Map<String, StepProfiler.Row> profile(BranchedModel model, int threads) {
        return StepProfiler.profile(model, threads, batch(model), STEP, MOMENT, MOMENT).stream()
                .collect(Collectors.toMap(StepProfiler.Row::what, row -> row));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void countsTheProductsThatAreExecuted(int threads) {
        Map<String, StepProfiler.Row> rows = profile(model(16), threads);

        // Pixels along a side times taps that meet one: 8 outputs see 22 inputs of 8 through 3
        // taps, 4 outputs of stride 2 see 11, and 4 of stride 1 see 10.
        long first = 4 * 16 * 3L;
        long later = 4 * 16 * 16L;
        long forward3x3 = first * 22 * 22 + later * (11 * 11 + 10 * 10);
        long forward1x1 = first * 8 * 8 + later * (4 * 4 + 4 * 4);
        assertThat(work(rows, Work.FORWARD_3X3)).isEqualTo(forward3x3);
        assertThat(work(rows, Work.FORWARD_1X1)).isEqualTo(forward1x1);
        assertThat(work(rows, Work.WEIGHT_GRADIENT)).isEqualTo(forward3x3 + forward1x1);
        assertThat(work(rows, Work.INPUT_GRADIENT))
                .as("nobody wants the images' gradient")
                .isEqualTo(later * (11 * 11 + 10 * 10 + 4 * 4 + 4 * 4));
        assertThat(work(rows, Work.UPDATE)).isZero();
        assertThat(rows).doesNotContainKey(Work.TRANSFORM.title());
        assertThat(rows.get(Work.FORWARD_3X3.title()).gigaflops()).isPositive();
    }

    private static long work(Map<String, StepProfiler.Row> rows, Work work) {
        return rows.get(work.title()).multiplyAdds();
    }

    @Test
    void seesTransforms() {
        Map<String, StepProfiler.Row> rows = profile(model(32), 1);

        assertThat(rows).containsKey(Work.TRANSFORM.title());
        assertThat(work(rows, Work.FORWARD_3X3))
                .as("36 products of a tile in the last block")
                .isEqualTo(4 * 32 * 3L * 22 * 22 + 4 * 32 * 32L * (11 * 11 + 36));
    }

    @Test
    void allKindsOfWorkAreTheStep() {
        BranchedModel model = model(32);
        StepClock clock = new StepClock(2);
        try (JavaEngine engine = JavaEngine.start(model, 2, Kernels.fastest(), clock)) {
            Batch batch = batch(model);
            double _ = engine.step(batch, STEP);
            long start = System.nanoTime();
            double _ = engine.step(batch, STEP);
            long whole = System.nanoTime() - start;
            long sum = 0;
            for (Work work : Work.values()) {
                assertThat(clock.nanos(work)).as(work.title()).isNotNegative();
                sum += clock.nanos(work);
            }
            assertThat(sum).isPositive().isLessThanOrEqualTo(whole);
        }
    }

    @Test
    void doesNotChangeTheLosses() {
        BranchedModel model = model(32);
        Batch batch = batch(model);
        try (JavaEngine plain = JavaEngine.start(model, 1);
                JavaEngine timed =
                        JavaEngine.start(model, 1, Kernels.fastest(), new StepClock(1))) {
            for (int step = 0; step < 3; step++) {
                assertThat(timed.step(batch, STEP)).isEqualTo(plain.step(batch, STEP));
            }
        }
    }
}
