package org.repvgg.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class TestDidYouMean {
    private static final List<String> NAMES = List.of("widths", "depths", "strides", "postNorm");

    @Test
    void findsALikelySlip() {
        assertThat(DidYouMean.nearest("width", NAMES)).contains("widths");
        assertThat(DidYouMean.nearest("stirdes", NAMES)).contains("strides");
        assertThat(DidYouMean.nearest("postnorm", NAMES)).contains("postNorm");
        assertThat(DidYouMean.hint("depth", NAMES)).isEqualTo(" (did you mean 'depths'?)");
    }

    @Test
    void isSilentWhereNothingIsClose() {
        assertThat(DidYouMean.nearest("momentum", NAMES)).isEmpty();
        assertThat(DidYouMean.nearest("", NAMES)).isEmpty();
        assertThat(DidYouMean.nearest("x".repeat(100_000), NAMES)).isEmpty();
        assertThat(DidYouMean.hint("momentum", NAMES)).isEmpty();
    }
}
