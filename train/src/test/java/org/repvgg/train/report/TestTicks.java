package org.repvgg.train.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class TestTicks {

    @Test
    void testAxesHaveRoundNumbers() {
        assertThat(labels(Ticks.around(0, 1.93, 5)))
                .containsExactly("0.0", "0.5", "1.0", "1.5", "2.0");
        assertThat(labels(Ticks.around(44, 89.3, 5)))
                .containsExactly("40", "50", "60", "70", "80", "90");
        assertThat(labels(Ticks.around(0, 0.1, 5)))
                .containsExactly("0.00", "0.02", "0.04", "0.06", "0.08", "0.10");
        assertThat(labels(Ticks.around(0, 12_000, 5)))
                .containsExactly("0", "5,000", "10,000", "15,000");
    }

    @Test
    void testEpochsAreWhole() {
        assertThat(labels(Ticks.whole(1, 1, 5))).containsExactly("1", "2");
        assertThat(labels(Ticks.whole(1, 3, 5))).containsExactly("1", "2", "3");
        assertThat(labels(Ticks.whole(1, 80, 5))).containsExactly("0", "20", "40", "60", "80");
    }

    @Test
    void testFlatRangesHaveRoom() {
        for (double level : new double[] {0, 1e-300, -3, 0.1, 89.3, 1e12, 1e300}) {
            Ticks ticks = Ticks.around(level, level, 5);
            assertThat(ticks.low()).isLessThanOrEqualTo(level);
            assertThat(ticks.high()).isGreaterThan(ticks.low()).isGreaterThanOrEqualTo(level);
        }
    }

    @Test
    void testRandomRangesAreCovered() {
        long seed = 7;
        var random = new SplittableRandom(seed);
        for (int i = 0; i < 2000; i++) {
            double low = random.nextGaussian() * Math.pow(10, random.nextInt(-12, 12));
            double high =
                    low + Math.abs(random.nextGaussian()) * Math.pow(10, random.nextInt(-12, 12));
            Ticks ticks = Ticks.around(low, high, 5);
            double slack = 1e-6 * ticks.step(); // rounding of a quotient
            assertThat(ticks.values())
                    .as("seed %s: %s to %s", seed, low, high)
                    .hasSizeBetween(2, 9);
            assertThat(ticks.low()).isLessThanOrEqualTo(low + slack);
            assertThat(ticks.high()).isGreaterThanOrEqualTo(high - slack);
            assertThat(labels(ticks)).doesNotHaveDuplicates();
        }
    }

    @Test
    void testEndsMustBeFinite() {
        assertThatThrownBy(() -> Ticks.around(0, Double.NaN, 5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("an axis needs two finite ends: low=0.0, high=NaN");
    }

    private static List<String> labels(Ticks ticks) {
        return ticks.values().stream().map(ticks::label).toList();
    }
}
