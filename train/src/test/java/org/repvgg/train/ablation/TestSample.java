package org.repvgg.train.ablation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

final class TestSample {
    /// Of sums of a few numbers below 1.
    private static final double ROUNDING = 1e-15;

    @Test
    void testDeviationDividesByOneLessThanTheCount() {
        Sample sample = Sample.of(List.of(0.82, 0.85, 0.87, 0.86));

        assertThat(sample.count()).isEqualTo(4);
        assertThat(sample.mean()).isCloseTo(0.85, within(ROUNDING));
        double squares = 0.03 * 0.03 + 0 + 0.02 * 0.02 + 0.01 * 0.01;
        assertThat(sample.deviation()).isCloseTo(Math.sqrt(squares / 3), within(ROUNDING));
        assertThat(sample.percent()).isEqualTo("85.00 ± 2.16");
        assertThat(sample.points()).isEqualTo("+85.00 ± 2.16");
    }

    @Test
    void testFewValuesHaveNoDeviation() {
        assertThat(Sample.of(List.of(-0.0041)))
                .isEqualTo(new Sample(-0.0041, Double.NaN, 1))
                .extracting(Sample::points)
                .isEqualTo("-0.41");
        assertThat(Sample.of(List.of()))
                .isEqualTo(new Sample(Double.NaN, Double.NaN, 0))
                .extracting(Sample::percent)
                .isEqualTo("-");
    }
}
