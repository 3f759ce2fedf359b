package org.repvgg.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

final class TestRateMeter {

    @Test
    void testMeasuresEveryClassifier() {
        FirstPixels classifier = new FirstPixels(List.of("a", "b"), 1, 0);
        Tensor images = Tensor.zeros(Shape.of(4, 1, 1, 2));

        assertThat(
                        new RateMeter(3, Duration.ofMillis(2))
                                .imagesPerSecond(List.of(classifier, classifier), images))
                .hasSize(2)
                .allSatisfy(rate -> assertThat(rate).isPositive().isFinite());
    }

    @Test
    void testRefusesEvenRounds() {
        assertThatThrownBy(() -> new RateMeter(4, Duration.ofMillis(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("rounds must be odd: 4");
    }
}
