package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.repvgg.train.ParameterGroup.Kind;
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
    void groupsByNameAndRank(String name, long rank, Kind kind) {
        assertThat(ParameterGroup.of(name, rank).kind()).isEqualTo(kind);
    }

    @ParameterizedTest
    @CsvSource({
        "stage0.rbr_dense.conv.weight,4,false",
        "stage3_first.blocks.0.rbr_1x1.conv.weight,4,false",
        "stage4.0.se.down.bias,1,false",
        "stage1_aux.0.conv.weight,4,true",
        "stage3_first_aux.3.bias,1,true",
        "linear.weight,2,true",
        "linear.bias,1,true"
    })
    void tellsHeadsFromTheBody(String name, long rank, boolean head) {
        assertThat(ParameterGroup.of(name, rank).head()).isEqualTo(head);
    }

    @ParameterizedTest
    @CsvSource({"WEIGHT,0.01,0.5", "IDENTITY,0.02,0.5", "NORM_BIAS,0,4", "OTHER,0,0.5"})
    void takesItsPartOfAStep(Kind kind, double decay, double learningRate) {
        var step = new StepSettings(0.5, 0.9, false, 0.01, 0.02, 8, 0.25);
        var head = new ParameterGroup(kind, true);
        var body = new ParameterGroup(kind, false);
        assertThat(head.decay(step)).isEqualTo(decay);
        assertThat(body.decay(step)).isEqualTo(decay);
        assertThat(head.learningRate(step)).isEqualTo(learningRate);
        assertThat(body.learningRate(step)).isEqualTo(learningRate / 4);
    }
}
