package org.repvgg.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.spec.BranchSpec.Tail;

final class TestBranchSpec {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "conv3x3",
                "conv1x1",
                "conv1x3",
                "conv3x1",
                "identity",
                "dirac",
                "conv3x3-nobn",
                "conv1x1-relu",
                "identity-nobn",
                "dirac-nobn",
                "identity@1",
                "conv1x1-nobn@9",
                "identity-relu@2"
            })
    void testSpellingsRoundTrip(String text) {
        assertThat(BranchSpec.parse(text)).hasToString(text);
    }

    @Test
    void testParseReadsEveryPart() {
        assertThat(BranchSpec.parse("conv1x3-relu@2"))
                .isEqualTo(new BranchSpec.Convolution(1, 3, Tail.NORM_RELU, 2));
        assertThat(BranchSpec.parse(" identity-nobn "))
                .isEqualTo(new BranchSpec.Identity(Tail.NONE, 0));
        assertThat(BranchSpec.parse("dirac")).isEqualTo(new BranchSpec.Dirac(Tail.NORM));
    }

    @Test
    void testParsesListsThatBlocksTakeInTurn() {
        assertThat(BranchSpec.parseCycle("conv3x3/conv3x3, identity@1"))
                .hasToString("[[conv3x3], [conv3x3, identity@1]]");
        assertThatThrownBy(() -> BranchSpec.parseCycle("conv3x3/"))
                .hasMessageStartingWith("unknown branch ''");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "conv5x5",
                "conv",
                "conv2x2",
                "Identity",
                "conv3x3@",
                "conv3x3@10",
                "conv3x3-bn"
            })
    void testRefusesOtherTextNamingIt(String text) {
        assertThatThrownBy(() -> BranchSpec.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("unknown branch '" + text + "': use conv3x3, conv1x1,");
    }

    @Test
    void testRefusesADiracThatReachesBack() {
        assertThatThrownBy(() -> BranchSpec.parse("dirac@1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a dirac branch takes its own block's input only: 'dirac@1'");
    }

    @ParameterizedTest
    @CsvSource({"5, 5, 0, not 5x5", "3, 2, 0, not 3x2", "3, 3, 10, not 10", "3, 3, -1, not -1"})
    void testRefusesOtherKernelsAndReaches(int height, int width, int reach, String message) {
        assertThatThrownBy(() -> new BranchSpec.Convolution(height, width, Tail.NORM, reach))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith(message);
    }
}
