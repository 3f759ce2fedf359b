package org.repvgg.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.repvgg.spec.RepVggSpec.BranchInput;
import org.repvgg.spec.RepVggSpec.Builder;
import org.repvgg.spec.SqueezeExciteSpec.Placement;

final class TestRepVggSpec {
    private static final RepVggSpec A0 = RepVggFamily.A0.spec();

    @Test
    void testBlocksOfThePaper() {
        List<BlockSpec> blocks = A0.blocks();

        assertThat(blocks).hasSize(22);
        assertThat(blocks)
                .extracting(BlockSpec::stride)
                .startsWith(2, 2, 1, 2, 1, 1, 1, 2)
                .endsWith(1, 2);
        assertThat(blocks.get(0).branches()).hasToString("[conv3x3, conv1x1]");
        assertThat(blocks.get(2).branches()).hasToString("[conv3x3, conv1x1, identity]");
        assertThat(blocks.getLast().in()).isEqualTo(192);
        assertThat(blocks.getLast().out()).isEqualTo(1280);
    }

    @Test
    void testPlacesAreTheReferencesNames() {
        assertThat(Stream.of(0, 1, 2, 3, 20, 21).map(A0::place).map(Object::toString))
                .containsExactly(
                        "stage0", "stage1.0", "stage1.1", "stage2.0", "stage3.13", "stage4.0");
        assertThat(A0.lastBlock(0)).isZero();
        assertThat(A0.lastBlock(3)).isEqualTo(20);
        assertThatThrownBy(() -> A0.place(22))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("block 22 is not one of the 22 blocks of A0");
    }

    @Test
    void testIdentityStandsInAStrideOneStageOfOneWidth() {
        RepVggSpec spec =
                A0.toBuilder()
                        .widths(List.of(48, 48, 96, 192, 1280))
                        .strides(List.of(1, 1, 2, 2, 2))
                        .build();

        assertThat(spec.blocks().get(1).branches()).hasToString("[conv3x3, conv1x1, identity]");
    }

    /// Every block that the paper, its tables 6 and 7, and its successors name.
    static final List<Arguments> BLOCKS =
            List.of(
                    Arguments.of("Table 6, 3x3 alone", List.of("conv3x3"), false),
                    Arguments.of("Table 6, without 1x1", List.of("conv3x3", "identity"), false),
                    Arguments.of("Table 6, without identity", List.of("conv3x3", "conv1x1"), false),
                    Arguments.of(
                            "Table 7, identity without BN",
                            List.of("conv3x3", "conv1x1", "identity-nobn"),
                            false),
                    Arguments.of(
                            "Table 7, post-addition BN",
                            List.of("conv3x3-nobn", "conv1x1-nobn", "identity-nobn"),
                            true),
                    Arguments.of(
                            "Table 7, ReLU in branches",
                            List.of("conv3x3-relu", "conv1x1-relu", "identity-relu"),
                            false),
                    Arguments.of("Table 7, DiracNet", List.of("dirac"), false),
                    Arguments.of(
                            "Table 7, trivial", List.of("conv3x3-nobn", "identity-nobn"), true),
                    Arguments.of("Table 7, ACB", List.of("conv3x3", "conv1x3", "conv3x1"), false),
                    Arguments.of(
                            "MobileOne, k = 4",
                            List.of(
                                    "conv3x3",
                                    "conv3x3",
                                    "conv3x3",
                                    "conv3x3",
                                    "conv1x1",
                                    "identity"),
                            false),
                    Arguments.of(
                            "QARepVGG", List.of("conv3x3", "conv1x1-nobn", "identity-nobn"), true));

    @ParameterizedTest(name = "{0}")
    @FieldSource("BLOCKS")
    void testSpellsEveryBlock(String name, List<String> branches, boolean postNorm) {
        RepVggSpec spec =
                A0.toBuilder()
                        .name(name)
                        .branches(branches.stream().map(BranchSpec::parse).toList())
                        .postNorm(postNorm)
                        .build();

        BlockSpec second = spec.blocks().get(2);
        assertThat(second.branches())
                .extracting(Object::toString)
                .containsExactlyElementsOf(branches);
        assertThat(second.postNorm()).isEqualTo(postNorm);
        assertThat(LayerTable.of(spec, Form.TRAIN, 32, 32).parameters()).isPositive();
    }

    @Test
    void testSpellsGains() {
        for (Placement placement : Placement.values()) {
            SqueezeExciteSpec gain = new SqueezeExciteSpec(16, placement);
            assertThat(A0.toBuilder().squeezeExcite(gain).build().blocks())
                    .extracting(BlockSpec::squeezeExcite)
                    .containsOnly(gain);
        }
        assertThat(new SqueezeExciteSpec(16, Placement.BEFORE_RELU).hidden(8)).isEqualTo(1);
    }

    /// Table 7's residual reorganisation: two 3x3 and a shortcut across both, as in ResNet.
    @Test
    void testSpellsResidualReorganisation() {
        List<BranchSpec> plain = List.of(BranchSpec.parse("conv3x3"));
        List<BranchSpec> closing =
                List.of(BranchSpec.parse("conv3x3"), BranchSpec.parse("identity@1"));
        RepVggSpec spec = A0.toBuilder().branchCycle(List.of(plain, closing)).build();
        List<BlockSpec> blocks = spec.blocks();

        assertThat(blocks.get(0).branches()).hasToString("[conv3x3]");
        assertThat(blocks.get(1).branches()).hasToString("[conv3x3]");
        assertThat(blocks.get(2).branches())
                .as("across a stride: a projection")
                .hasToString("[conv3x3, conv1x1@1]");
        assertThat(blocks.get(6).branches()).hasToString("[conv3x3, identity@1]");
        assertThat(spec.branchInput(2, blocks.get(2).branches().get(1)))
                .isEqualTo(new BranchInput(48, 2, 1));
        assertThat(spec.branchInput(6, blocks.get(6).branches().get(1)))
                .isEqualTo(new BranchInput(96, 1, 1));
    }

    static Stream<Arguments> testRefusesNonsense() {
        return Stream.of(
                refused(b -> b.classes(0), "classes must be in [1,1048576]: 0"),
                refused(b -> b.inputChannels(-3), "input channels must be in [1,65536]: -3"),
                refused(b -> b.name(" "), "a spec needs a name"),
                refused(
                        b -> b.widths(List.of(48, 48)),
                        "every stage needs a width, a depth and a stride: widths=[48, 48],"
                                + " depths=[1, 2, 4, 14, 1], strides=[2, 2, 2, 2, 2]"),
                refused(
                        b -> b.widths(List.of(48, 0, 96, 192, 1280)),
                        "every width must be in [1,65536]: widths=[48, 0, 96, 192, 1280]"),
                refused(
                        b -> b.widths(List.of(48, 48, 96, 192, Integer.MAX_VALUE)),
                        "every width must be in [1,65536]: widths=[48, 48, 96, 192, 2147483647]"),
                refused(
                        b -> b.depths(List.of(2, 2, 4, 14, 1)),
                        "the stem (stage0) has depth 1, not 2"),
                refused(
                        b -> b.depths(List.of(1, 2, 0, 14, 1)),
                        "every stage needs at least one block: depths=[1, 2, 0, 14, 1]"),
                refused(
                        b -> b.depths(List.of(1, 2, 4, 2000, 1)),
                        "a spec has at most 1000 blocks, not 2008"),
                refused(
                        b -> b.strides(List.of(2, 2, 3, 2, 2)),
                        "stride must be 1 or 2: 3: stage2.0"),
                refused(
                        b -> b.groups(Map.of(22, 2)),
                        "groups name block 22, but blocks are 0 to 21"),
                refused(
                        b -> b.groups(Map.of(4, 5)),
                        "channels must divide by groups: in=96, out=96, groups=5: stage2.1"),
                refused(b -> b.groups(Map.of(4, 0)), "groups must be positive: 0: stage2.1"),
                refused(
                        b -> b.branchCycle(List.of()),
                        "a spec needs at least one list of branches"),
                refused(
                        b -> b.branches(List.of(BranchSpec.identity())),
                        "a block needs at least one branch: in=3, out=48: stage0"),
                refused(
                        b -> b.branches(List.of(BranchSpec.parse("conv3x3@1"))),
                        "branch conv3x3@1 reaches 1 blocks back, only 0 are there: stage0"),
                refused(
                        b ->
                                b.depths(List.of(1, 2))
                                        .widths(List.of(8, 8))
                                        .strides(List.of(1, 2))
                                        .auxiliaryHeads(true),
                        "auxiliary heads belong to five stages, not 2: depths=[1, 2]"),
                refused(b -> b.scaleWidths(0), "width factor must be in (0,64]: 0.0"),
                refused(b -> b.scaleWidths(Double.NaN), "width factor must be in (0,64]: NaN"));
    }

    private static Arguments refused(UnaryOperator<Builder> change, String message) {
        return Arguments.of(change, message);
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource
    void testRefusesNonsense(UnaryOperator<Builder> change, String message) {
        assertThatThrownBy(() -> change.apply(A0.toBuilder()).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void testScaleWidthsRoundsAndKeepsOne() {
        assertThat(A0.toBuilder().scaleWidths(0.5).build().widths())
                .containsExactly(24, 24, 48, 96, 640);
        assertThat(A0.toBuilder().scaleWidths(0.001).build().widths())
                .containsExactly(1, 1, 1, 1, 1);
    }
}
