package org.repvgg.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.repvgg.tensor.Shape;

final class TestLayerTable {
    /// Published multiply-adds are given in billions with two digits.
    private static final double TWO_DIGITS = 0.005001;

    @ParameterizedTest
    @CsvFileSource(resources = "family.csv", numLinesToSkip = 1)
    void testFamilyEqualsThePublishedCounts(
            String name, long train1000, long plain1000, long train10, long plain10, double gmac) {
        RepVggSpec thousand = RepVggFamily.find(name).orElseThrow().spec();
        RepVggSpec ten = thousand.toBuilder().classes(10).build();

        assertThat(LayerTable.of(thousand, Form.TRAIN, 224, 224).parameters()).isEqualTo(train1000);
        assertThat(LayerTable.of(thousand, Form.PLAIN, 224, 224).parameters()).isEqualTo(plain1000);
        assertThat(LayerTable.of(ten, Form.TRAIN, 32, 32).parameters()).isEqualTo(train10);
        assertThat(LayerTable.of(ten, Form.PLAIN, 32, 32).parameters()).isEqualTo(plain10);
        assertThat(multiplyAddsWithoutGains(LayerTable.of(thousand, Form.PLAIN, 224, 224)) / 1e9)
                .isCloseTo(gmac, within(TWO_DIGITS));
    }

    /// The published figures leave out squeeze-and-excitation, which is a thousandth of the work.
    private static long multiplyAddsWithoutGains(LayerTable table) {
        return table.rows().stream()
                .filter(row -> !row.place().contains("se."))
                .mapToLong(LayerTable.Row::multiplyAdds)
                .sum();
    }

    @Test
    void testAuxiliaryHeadsAreCountedApart() {
        RepVggSpec plus = RepVggFamily.PLUS_L2PSE.spec();

        assertThat(LayerTable.of(plus, Form.TRAIN, 224, 224).auxiliaryParameters())
                .isEqualTo(5_963_640);
        assertThat(LayerTable.of(plus, Form.PLAIN, 224, 224).auxiliaryParameters()).isZero();
        assertThat(
                        LayerTable.of(RepVggFamily.A0.spec(), Form.TRAIN, 224, 224)
                                .auxiliaryParameters())
                .isZero();
    }

    @Test
    void testRowsOfTheTrainingForm() {
        RepVggSpec spec = RepVggFamily.A0.spec().toBuilder().classes(10).build();
        List<LayerTable.Row> rows = LayerTable.of(spec, Form.TRAIN, 31, 45).rows();

        assertThat(rows.subList(0, 5))
                .extracting(LayerTable.Row::place)
                .containsExactly(
                        "stage0.rbr_dense.conv",
                        "stage0.rbr_dense.bn",
                        "stage0.rbr_1x1.conv",
                        "stage0.rbr_1x1.bn",
                        "stage0.nonlinearity");
        assertThat(rows.getFirst())
                .isEqualTo(
                        new LayerTable.Row(
                                "stage0.rbr_dense.conv",
                                "Conv2d 3x3 /2",
                                Shape.of(1, 48, 16, 23),
                                9 * 3 * 48,
                                0,
                                0,
                                9L * 3 * 48 * 16 * 23,
                                false));
        assertThat(rows)
                .contains(
                        new LayerTable.Row(
                                "stage1.1.rbr_identity",
                                "BatchNorm2d",
                                Shape.of(1, 48, 8, 12),
                                96,
                                96,
                                1,
                                0,
                                false));
        assertThat(rows.getLast().place()).isEqualTo("linear");
        assertThat(rows.getLast().output()).isEqualTo(Shape.of(1, 10));
    }

    @Test
    void testTotals() {
        RepVggSpec spec =
                RepVggFamily.A0.spec().toBuilder()
                        .name("tiny")
                        .classes(10)
                        .widths(List.of(8, 16))
                        .depths(List.of(1, 2))
                        .strides(List.of(1, 2))
                        .build();
        LayerTable train = LayerTable.of(spec, Form.TRAIN, 8, 8);
        LayerTable plain = LayerTable.of(spec, Form.PLAIN, 8, 8);

        long plainWeights = 9 * (3 * 8 + 8 * 16 + 16 * 16);
        long linear = 16 * 10 + 10;
        assertThat(plain.parameters()).isEqualTo(plainWeights + 8 + 16 + 16 + linear);
        assertThat(plain.parameterBytes()).isEqualTo(4 * plain.parameters());
        assertThat(plain.runningStatistics()).isZero();
        assertThat(plain.counters()).isZero();
        assertThat(plain.multiplyAdds())
                .isEqualTo(9 * (3 * 8 * 64 + 8 * 16 * 16 + 16 * 16 * 16) + 16 * 10);
        // Convolution and ReLU of three blocks, the pool, the logits.
        assertThat(plain.activationBytes())
                .isEqualTo(4 * (2 * (8 * 64 + 16 * 16 + 16 * 16) + 16 + 10));
        // Seven norms: two a block, and the identity of the last.
        assertThat(train.counters()).isEqualTo(7);
        assertThat(train.runningStatistics()).isEqualTo(2 * (2 * 8 + 2 * 16 + 3 * 16));
    }

    @Test
    void testRefusesThePlainFormOfWhatCannotBeFolded() {
        RepVggSpec spec =
                RepVggFamily.A0.spec().toBuilder()
                        .branches(
                                List.of(
                                        BranchSpec.parse("conv3x3"),
                                        BranchSpec.parse("conv1x1-relu")))
                        .build();

        assertThat(LayerTable.of(spec, Form.TRAIN, 32, 32).parameters()).isPositive();
        assertThatThrownBy(() -> LayerTable.of(spec, Form.PLAIN, 32, 32))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("A0 has no plain form: branch conv1x1-relu cannot be folded: stage0");
    }

    @Test
    void testRefusesAnEmptyImage() {
        assertThatThrownBy(() -> LayerTable.of(RepVggFamily.A0.spec(), Form.PLAIN, 0, 32))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("an image has at least one pixel: height=0, width=32");
    }
}
