package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.Test;

final class TestNumbers {

    @Test
    void testPointsAndCommasInEveryLanguage() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.GERMANY);
        try {
            assertThat(Numbers.count(7_840_778)).isEqualTo("7,840,778");
            assertThat(Numbers.percent(0.91234)).isEqualTo("91.23 %");
            assertThat(Numbers.megabytes(31_363_112)).isEqualTo("31.36 MB");
            assertThat(Numbers.mebibytes(28_164_776)).isEqualTo("26.86 MiB");
            assertThat(Numbers.small(3.14e-6)).isEqualTo("3.1e-06");
            assertThat(Numbers.rate(1234.4)).isEqualTo("1,234");
            assertThat(Run.repvgg("models").out()).contains("72.41 %", "1.36 G");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void testScales() {
        assertThat(Numbers.scaled(999)).isEqualTo("999");
        assertThat(Numbers.scaled(27_771_392)).isEqualTo("27.8 M");
        assertThat(Numbers.scaled(1_361_451_008)).isEqualTo("1.36 G");
        assertThat(Numbers.small(0)).isEqualTo("0");
        assertThat(Numbers.rate(12.34)).isEqualTo("12.3");
    }

    @Test
    void testDurations() {
        assertThat(Numbers.duration(4.31)).isEqualTo("4.3 s");
        assertThat(Numbers.duration(42.4)).isEqualTo("42 s");
        assertThat(Numbers.duration(185)).isEqualTo("3 min 05 s");
        assertThat(Numbers.duration(7123)).isEqualTo("1 h 58 min");
    }
}
