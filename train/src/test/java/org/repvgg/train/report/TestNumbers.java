package org.repvgg.train.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class TestNumbers {

    @Test
    void testNumbersReadAsPeopleWriteThem() {
        assertThat(Numbers.count(7_840_778)).isEqualTo("7,840,778");
        assertThat(Numbers.count(1, "image", "images")).isEqualTo("1 image");
        assertThat(Numbers.count(2000, "image", "images")).isEqualTo("2,000 images");
        assertThat(Numbers.percent(0.89344)).isEqualTo("89.34\u00a0%");
        assertThat(Numbers.points(-0.0002)).isEqualTo("-0.02\u00a0points");
        assertThat(Numbers.megabytes(4L * 7_041_194)).isEqualTo("28.16\u00a0MB");
        assertThat(Numbers.millions(1_363_200_000)).isEqualTo("1,363.2\u00a0M");
        assertThat(Numbers.rate(1273.4)).isEqualTo("1,273");
        assertThat(Numbers.rate(12.34)).isEqualTo("12.3");
        assertThat(Numbers.times(1.1136)).isEqualTo("1.11x");
    }

    @Test
    void testSmallNumbersKeepTheirDigits() {
        assertThat(Numbers.small(3.81e-6)).isEqualTo("3.8e-6");
        assertThat(Numbers.small(1e-100)).isEqualTo("1.0e-100");
        assertThat(Numbers.small(0)).isEqualTo("0");
        assertThat(Numbers.significant(0.52841)).isEqualTo("0.5284");
        assertThat(Numbers.significant(0.05)).isEqualTo("0.05000");
        assertThat(Numbers.compact(0.05)).isEqualTo("0.05");
        assertThat(Numbers.compact(100)).isEqualTo("100");
        assertThat(Numbers.significant(12345.6)).isEqualTo("12,346");
        assertThat(Numbers.significant(3.855e-5)).isEqualTo("3.86e-5");
    }

    @Test
    void testTimesAreInTheirLargestUnits() {
        assertThat(Numbers.duration(12.34)).isEqualTo("12.3\u00a0s");
        assertThat(Numbers.duration(59.97)).isEqualTo("1\u00a0min 0\u00a0s");
        assertThat(Numbers.duration(242)).isEqualTo("4\u00a0min 2\u00a0s");
        assertThat(Numbers.duration(7123)).isEqualTo("1\u00a0h 58\u00a0min 43\u00a0s");
    }

    @Test
    void testWhatDoesNotExistIsSaid() {
        assertThat(Numbers.percent(Double.NaN)).isEqualTo("n/a");
        assertThat(Numbers.rate(Double.POSITIVE_INFINITY)).isEqualTo("n/a");
        assertThat(Numbers.times(Double.NaN)).isEqualTo("n/a");
        assertThat(Numbers.small(Double.NaN)).isEqualTo("n/a");
        assertThat(Numbers.duration(Double.NaN)).isEqualTo("n/a");
        assertThat(Numbers.significant(Double.NaN)).isEqualTo("NaN");
    }
}
