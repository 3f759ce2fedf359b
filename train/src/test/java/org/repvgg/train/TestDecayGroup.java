package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TestDecayGroup {
    @ParameterizedTest
    @CsvSource({
        "stage1.0.rbr_dense.conv.weight,4,WEIGHT",
        "stage1.0.rbr_dense.bn.weight,1,NONE",
        "stage1.0.rbr_dense.bn.bias,1,NONE",
        "stage1.1.rbr_identity.weight,1,IDENTITY",
        "stage1.1.rbr_identity_2.weight,1,IDENTITY",
        "stage1.1.rbr_identity_from_1.weight,1,IDENTITY",
        "stage1.1.rbr_identity.bias,1,NONE",
        "stage1.1.bn.weight,1,NONE",
        "stage1.1.rbr_dirac.identity_scale,1,NONE",
        "stage1.1.rbr_dirac.conv.weight,4,WEIGHT",
        "stage1.1.se.down.weight,4,WEIGHT",
        "stage1.1.se.down.bias,1,NONE",
        "linear.weight,2,WEIGHT",
        "linear.bias,1,NONE"
    })
    void decaysInTheReferencesGroups(String name, long rank, DecayGroup group) {
        assertThat(DecayGroup.of(name, rank)).isEqualTo(group);
    }
}
