package org.repvgg.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

final class TestWarmUp {
    /// Answers nothing, and keeps what it was asked.
    private static final class Listener implements Classifier {
        final List<Shape> seen = new ArrayList<>();

        @Override
        public RepVggSpec spec() {
            return OddSpecs.plain().getFirst();
        }

        @Override
        public InputSpec input() {
            return InputSpec.centred(3, 5, 7);
        }

        @Override
        public Tensor logits(Tensor images, BlockObserver observer) {
            seen.add(images.shape());
            return Tensor.zeros(Shape.of(1, 7));
        }

        @Override
        public void close() {}
    }

    @Test
    void asksForSingleImagesOfTheNetworksSize() {
        Listener listener = new Listener();
        WarmUp.run(listener, Duration.ofSeconds(2));

        assertThat(listener.seen).hasSizeGreaterThan(10).containsOnly(Shape.of(1, 3, 5, 7));
    }

    @Test
    void noneUnlessWanted() {
        Listener listener = new Listener();
        WarmUp.run(listener, RuntimeOptions.defaults().warmUp());

        assertThat(listener.seen).isEmpty();
    }

    @Test
    void bothRuntimesWarmUpAndAnswerTheSame() {
        RepVggSpec spec = OddSpecs.plain().getFirst();
        Tensor images = RandomModels.images(2, 3, 9, 9, 1);
        RuntimeOptions cold = new RuntimeOptions(1);
        RuntimeOptions warm = cold.withWarmUp(Duration.ofMillis(50));
        for (var model : List.of(RandomModels.plain(spec, 1), RandomModels.branched(spec, 1))) {
            try (Classifier one = Runtimes.load(model, cold);
                    Classifier other = Runtimes.load(model, warm)) {
                assertThat(other.logits(images).toArray()).isEqualTo(one.logits(images).toArray());
            }
        }
    }
}
