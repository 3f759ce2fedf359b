package org.repvgg.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.repvgg.format.JsonException;
import org.repvgg.kernel.Kernels;
import org.repvgg.kernel.Winograd;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.TunedPlan.Size;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

final class TestTuner {
    private static final RepVggSpec SPEC =
            RepVggFamily.A0.spec().toBuilder()
                    .name("small")
                    .classes(10)
                    .widths(List.of(16, 32, 32))
                    .depths(List.of(1, 2, 2))
                    .strides(List.of(1, 2, 2))
                    .build();

    private static final PlainModel MODEL = RandomModels.plain(SPEC, 1);
    private static final RuntimeOptions OPTIONS = new RuntimeOptions(2);
    private static final int CONVOLUTIONS = 6; // and the classifier is one of them

    private static TunedPlan plan(List<Optional<Winograd>> algorithms) {
        return new TunedPlan(Kernels.fastest().name(), 2, List.of(new Size(2, 16, 16, algorithms)));
    }

    private static List<Optional<Winograd>> all(Winograd algorithm, int... convolutions) {
        List<Optional<Winograd>> algorithms = new ArrayList<>();
        for (int i = 0; i < CONVOLUTIONS; i++) {
            algorithms.add(Optional.empty());
        }
        for (int i : convolutions) {
            algorithms.set(i, Optional.of(algorithm));
        }
        return algorithms;
    }

    private static Tensor answer(TunedPlan plan, Tensor images) {
        try (PlainRuntime runtime = PlainRuntime.load(MODEL, OPTIONS.withPlan(plan))) {
            return runtime.logits(images);
        }
    }

    @Test
    void whatItFindsRunsTheSameEveryTime() {
        TunedPlan found =
                Tuner.tune(
                        MODEL,
                        OPTIONS,
                        List.of(Shape.of(2, 3, 16, 16), Shape.of(3, 3, 9, 7)),
                        Duration.ofMillis(10),
                        Duration.ofMillis(10));

        assertThat(found.kernels()).isEqualTo(Kernels.fastest().name());
        assertThat(found.threads()).isEqualTo(2);
        assertThat(found.sizes())
                .extracting(Size::images)
                .as("three images go through as four")
                .containsExactly(2, 4);
        for (Size size : found.sizes()) {
            assertThat(size.algorithms()).hasSize(CONVOLUTIONS);
            assertThat(size.algorithms().get(1)).as("stride 2").isEmpty();
            assertThat(size.algorithms().getLast()).as("the classifier").isEmpty();
        }
        assertThat(TunedPlan.parse(found.json())).isEqualTo(found);
        Tensor images = RandomModels.images(2, 3, 16, 16, 2);
        assertThat(answer(found, images).toArray()).isEqualTo(answer(found, images).toArray());
    }

    @Test
    void everyPlanAnswersRight() {
        Tensor images = RandomModels.images(2, 3, 16, 16, 2);
        NaiveNetwork exact = new NaiveNetwork(MODEL, images);
        for (Winograd algorithm : List.of(Winograd.F2, Winograd.F3, Winograd.F4)) {
            Tensor logits = answer(plan(all(algorithm, 2, 4)), images);
            assertThat(exact.logits.difference(logits))
                    .as(algorithm.name())
                    .isLessThan(Tolerance.of(SPEC, exact.logits.magnitude()));
        }
        float[] two = answer(plan(all(Winograd.F2, 2, 4)), images).toArray();
        float[] four = answer(plan(all(Winograd.F4, 2, 4)), images).toArray();
        if (Kernels.all().size() > 1) { // scalar kernels may round alike
            assertThat(two).as("the plan is followed").isNotEqualTo(four);
        }
    }

    @Test
    void refusesPlansForSomethingElse() {
        TunedPlan others = new TunedPlan("other kernels", 2, List.of());
        assertThatThrownBy(() -> answer(others, RandomModels.images(1, 3, 8, 8, 1)))
                .hasMessageContainingAll("other kernels", Kernels.fastest().name());
        TunedPlan shorter = plan(all(Winograd.F2).subList(0, 3));
        assertThatThrownBy(() -> answer(shorter, RandomModels.images(1, 3, 8, 8, 1)))
                .hasMessageContaining("a network of 3 convolutions, this one has 6");
        TunedPlan impossible = plan(all(Winograd.F2, 1));
        assertThatThrownBy(() -> answer(impossible, RandomModels.images(2, 3, 16, 16, 1)))
                .hasMessageContainingAll("convolution 1", "F2", "cannot");
    }

    @Test
    void refusesTextsThatAreNoPlan() {
        String json = plan(all(Winograd.F2, 2)).json();
        assertThatThrownBy(() -> TunedPlan.parse("{}")).isInstanceOf(JsonException.class);
        assertThatThrownBy(() -> TunedPlan.parse(json.replace("F2", "F9")))
                .hasMessageContaining("F9");
    }
}
