package org.repvgg.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class TestModuleNames {

    @Test
    void testBlocksOfThePaper() {
        RepVggSpec spec = RepVggFamily.A0.spec();
        assertThat(Stream.of(0, 1, 20).map(block -> ModuleNames.block(spec, block)))
                .containsExactly("stage0", "stage1.0", "stage3.13");
    }

    @Test
    void testBlocksOfRepVggPlus() {
        RepVggSpec spec = RepVggFamily.PLUS_L2PSE.spec();
        assertThat(Stream.of(0, 1, 23, 34, 35, 46, 47).map(block -> ModuleNames.block(spec, block)))
                .containsExactly(
                        "stage0",
                        "stage1.blocks.0",
                        "stage3_first.blocks.0",
                        "stage3_first.blocks.11",
                        "stage3_second.blocks.0",
                        "stage3_second.blocks.11",
                        "stage4.blocks.0");
    }

    @Test
    void testRepeatedBranchesAreNumbered() {
        List<BranchSpec> branches =
                Stream.of("conv3x3", "conv3x3", "conv1x3", "identity", "identity@1", "dirac")
                        .map(BranchSpec::parse)
                        .toList();
        assertThat(ModuleNames.branches(new BlockSpec(4, 4, 1, 1, branches, false, null)))
                .containsExactly(
                        "rbr_dense",
                        "rbr_dense_2",
                        "rbr_1x3",
                        "rbr_identity",
                        "rbr_identity_from_1",
                        "rbr_dirac");
    }
}
