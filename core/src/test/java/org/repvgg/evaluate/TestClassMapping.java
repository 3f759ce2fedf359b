package org.repvgg.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class TestClassMapping {

    @Test
    void testNamesDecideWhereAllAreKnown() {
        assertThat(ClassMapping.of(3, List.of("a", "b", "c"), List.of("c", "a")))
                .isEqualTo(new ClassMapping(List.of(2, 0), true));
    }

    @Test
    void testPositionsDecideWhereNamesAreUnknown() {
        assertThat(ClassMapping.of(2, List.of(), List.of("x", "y")))
                .isEqualTo(new ClassMapping(List.of(0, 1), false));
        assertThat(ClassMapping.of(2, List.of("a", "b"), List.of("b", "y")))
                .isEqualTo(new ClassMapping(List.of(0, 1), false));
    }
}
