package org.repvgg.spec;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TestRepVggFamily {

    @ParameterizedTest
    @CsvSource({
        "A0, A0",
        "a0, A0",
        "repvgg-b1g4, B1G4",
        "RepVGG_B1g2, B1G2",
        "RepVGG-D2se, D2SE",
        "RepVGGplus-L2pse, PLUS_L2PSE",
        "repvggA2, A2"
    })
    void testFindTakesTheNamesPeopleWrite(String name, RepVggFamily variant) {
        assertThat(RepVggFamily.find(name)).contains(variant);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "A3", "repvgg", "A0 "})
    void testFindKnowsNoOther(String name) {
        assertThat(RepVggFamily.find(name)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void testEveryVariantIsFoundByItsOwnName(RepVggFamily variant) {
        assertThat(RepVggFamily.find(variant.spec().name())).contains(variant);
    }

    /// Section 3.4: the 3rd, 5th, 7th, … layer, up to the 27th; the stem is the first.
    @Test
    void testGroupsStandOnEverySecondLayer() {
        assertThat(RepVggFamily.B1G4.spec().groups().keySet())
                .containsExactlyInAnyOrder(2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26);
        assertThat(RepVggFamily.B1G4.spec().groups().values()).containsOnly(4);
        assertThat(RepVggFamily.B1.spec().groups()).isEmpty();
    }

    @Test
    void testEveryBlockOfD2seHasAGain() {
        assertThat(RepVggFamily.D2SE.spec().blocks())
                .allSatisfy(block -> assertThat(block.squeezeExcite()).isNotNull());
    }
}
