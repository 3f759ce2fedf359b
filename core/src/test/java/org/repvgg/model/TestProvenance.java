package org.repvgg.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.repvgg.spec.Form;

final class TestProvenance {
    @Test
    void accuraciesAreNotedByForm() {
        Provenance noted =
                new Provenance(Map.of("seed", "1"))
                        .withTop1(Form.TRAIN, 0.875, 1000)
                        .withTop1(Form.PLAIN, 0.5, 10);

        assertThat(noted.top1(Form.TRAIN)).isEqualTo(OptionalDouble.of(0.875));
        assertThat(noted.top1(Form.PLAIN)).isEqualTo(OptionalDouble.of(0.5));
        assertThat(noted.facts())
                .containsOnly(
                        Map.entry("seed", "1"),
                        Map.entry("train.top1", "0.875"),
                        Map.entry("train.images", "1000"),
                        Map.entry("plain.top1", "0.5"),
                        Map.entry("plain.images", "10"));
    }

    @Test
    void anyTextMayStandThere() {
        assertThat(Provenance.UNKNOWN.top1(Form.PLAIN)).isEmpty();
        assertThat(new Provenance(Map.of("plain.top1", "good")).top1(Form.PLAIN)).isEmpty();
    }
}
