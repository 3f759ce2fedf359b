package org.repvgg.train.ablation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.repvgg.spec.Form;
import org.repvgg.spec.LayerTable;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.train.java.JavaEngine;

final class TestVariant {
    private static final RepVggSpec A0 = RepVggFamily.A0.spec();

    @Test
    void testTheFullBlockIsThePapers() {
        assertThat(Variant.FULL.of(A0)).isEqualTo(A0);
        assertThat(Variant.FULL.of(Variant.QAREPVGG.of(A0)).branches()).isEqualTo(A0.branches());
        assertThat(Variant.FULL.of(Variant.QAREPVGG.of(A0)).postNorm()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void testEveryVariantKeepsAllButTheBlock(Variant variant) {
        for (RepVggFamily member : RepVggFamily.values()) {
            RepVggSpec spec = variant.of(member.spec());
            assertThat(Variant.FULL.of(spec).toBuilder().name(member.spec().name()).build())
                    .isEqualTo(member.spec());
        }
    }

    @ParameterizedTest
    @EnumSource(
            mode = Mode.EXCLUDE,
            names = {"BRANCH_RELU", "RESIDUAL"})
    void testPlainFormsAreOne(Variant variant) {
        assertThat(LayerTable.of(variant.of(A0), Form.PLAIN, 32, 32).parameters())
                .isEqualTo(LayerTable.of(A0, Form.PLAIN, 32, 32).parameters());
    }

    @Test
    void testNames() {
        assertThat(Variant.names()).doesNotHaveDuplicates().contains("full", "no-1x1", "qarepvgg");
        assertThat(Variant.names()).allMatch(name -> Variant.find(name).isPresent());
        assertThat(Variant.find("FULL")).isEmpty();
        assertThat(Variant.POST_NORM.flags())
                .isEqualTo("--branches conv3x3-nobn,conv1x1-nobn,identity-nobn --post-norm");
        assertThat(Variant.REP_OPTIMIZER.flags()).isEqualTo("--branches conv3x3 --rep-optimizer");
    }

    @Test
    void testWhatTheJavaEngineLeavesToLibtorch() {
        assertThat(
                        Stream.of(Variant.values())
                                .filter(v -> JavaEngine.refusal(v.of(A0)).isPresent()))
                .containsExactly(Variant.DIRAC, Variant.RESIDUAL);
    }
}
