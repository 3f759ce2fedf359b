package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.repvgg.train.TrainingEngine.StepSettings;

final class TestParameterGroup {
    @ParameterizedTest
    @CsvSource({
        "stage1.0.rbr_dense.conv.weight,4,WEIGHT",
        "stage1.0.rbr_dense.bn.weight,1,OTHER",
        "stage1.0.rbr_dense.bn.bias,1,NORM_BIAS",
        "stage1.1.rbr_identity.weight,1,IDENTITY",
        "stage1.1.rbr_identity_2.weight,1,IDENTITY",
        "stage1.1.rbr_identity_from_1.weight,1,IDENTITY",
        "stage1.1.rbr_identity.bias,1,NORM_BIAS",
        "stage1.1.rbr_identity_from_1.bias,1,NORM_BIAS",
        "stage1.1.bn.weight,1,OTHER",
        "stage1.1.bn.bias,1,NORM_BIAS",
        "stage1_aux.0.bn.bias,1,NORM_BIAS",
        "stage1.1.rbr_dirac.identity_scale,1,OTHER",
        "stage1.1.rbr_dirac.conv.weight,4,WEIGHT",
        "stage1.1.se.down.weight,4,WEIGHT",
        "stage1.1.se.down.bias,1,OTHER",
        "linear.weight,2,WEIGHT",
        "linear.bias,1,OTHER"
    })
    void groupsByNameAndRank(String name, long rank, ParameterGroup group) {
        assertThat(ParameterGroup.of(name, rank)).isEqualTo(group);
    }

    @ParameterizedTest
    @CsvSource({"WEIGHT,0.01,0.5", "IDENTITY,0.02,0.5", "NORM_BIAS,0,4", "OTHER,0,0.5"})
    void takesItsPartOfAStep(ParameterGroup group, double decay, double learningRate) {
        var step = new StepSettings(0.5, 0.9, false, 0.01, 0.02, 8);
        assertThat(group.decay(step)).isEqualTo(decay);
        assertThat(group.learningRate(step)).isEqualTo(learningRate);
    }
}
