package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class TestSchedule {
    /// Rounding of a cosine and two products.
    private static final Offset<Double> EXACT = within(1e-15);

    @Test
    void risesInAStraightLineThenFallsAlongACosine() {
        Schedule schedule = new Schedule(0.4, 4, 12);

        assertThat(schedule.learningRate(0)).isEqualTo(0.1, EXACT);
        assertThat(schedule.learningRate(3)).isEqualTo(0.4, EXACT);
        assertThat(schedule.learningRate(4)).isEqualTo(0.4, EXACT);
        assertThat(schedule.learningRate(8)).isEqualTo(0.2, EXACT);
        assertThat(schedule.learningRate(12)).isEqualTo(0, EXACT);
    }

    @Test
    void neverRisesAgain() {
        Schedule schedule = Schedule.of(Recipe.baseline(), 390);
        for (long step = 5 * 390; step + 1 < 80 * 390; step++) {
            assertThat(schedule.learningRate(step + 1)).isLessThan(schedule.learningRate(step));
        }
        assertThat(schedule.learningRate(80 * 390 - 1)).isPositive().isLessThan(1e-8);
    }

    @Test
    void needsNoWarmUp() {
        assertThat(Schedule.of(Recipe.paper(), 100).learningRate(0)).isEqualTo(0.1);
    }

    @Test
    void stretchesTheWarmUpWithTheEpochs() {
        assertThat(Recipe.baseline().withEpochs(8).warmupEpochs()).isEqualTo(0.5);
        assertThat(Schedule.of(Recipe.baseline().withEpochs(1), 3).learningRate(0))
                .isLessThanOrEqualTo(0.1)
                .isPositive();
    }
}
