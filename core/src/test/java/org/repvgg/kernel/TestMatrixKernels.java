package org.repvgg.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.repvgg.kernel.MatrixKernels.Rows;

/// Every implementation adds in the stated order: bit for bit what the formula gives.
final class TestMatrixKernels {
    private static final long SEED = 20261125;

    private final SplittableRandom random = new SplittableRandom(SEED);

    private float[] random(int length) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    @ParameterizedTest
    @CsvSource({
        "1,1,1,3",
        "8,27,1,27",
        "16,48,9,51",
        "37,5,3,8",
        "15,192,4,192",
        "3,200,2,201",
        "12,7,0,9"
    })
    void multiply(int rows, int length, int segments, int row) {
        for (Kernels kernels : Kernels.all()) {
            int lanes = kernels.matrix().lanes();
            for (int width : new int[] {lanes, 2 * lanes}) {
                for (boolean add : new boolean[] {false, true}) {
                    check(kernels, rows, length, segments, row, width, add);
                }
            }
        }
    }

    private void check(
            Kernels kernels, int rows, int length, int segments, int row, int width, boolean add) {
        int panelRow = 2 * kernels.matrix().lanes();
        float[] a = random(segments * rows * row + row);
        float[] panel = random(3 + segments * length * panelRow + panelRow);
        int[] places = places(segments, rows * row, length * panelRow);
        int cRow = width + 5;
        float[] c = random(2 + rows * cRow);
        float[] expected = c.clone();
        for (int r = 0; r < rows; r++) {
            for (int l = 0; l < width; l++) {
                int to = 2 + r * cRow + l;
                float sum = add ? c[to] : 0;
                for (int s = 0; s < places.length; s += 2) {
                    for (int k = 0; k < length; k++) {
                        float weight = panel[3 + places[s + 1] + k * panelRow + l];
                        sum = Math.fma(weight, a[places[s] + r * row + k], sum);
                    }
                }
                expected[to] = sum;
            }
        }

        kernels.matrix()
                .multiply(
                        new Rows(a, row),
                        panel,
                        3,
                        places,
                        length,
                        new Rows(c, cRow),
                        2,
                        rows,
                        width,
                        add);

        assertThat(c).as("%s, width %s, add %s", kernels.name(), width, add).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "1,1,1,3",
        "8,27,1,8",
        "16,48,9,51",
        "37,5,3,40",
        "27,128,4,32",
        "3,200,2,3",
        "12,7,0,12"
    })
    void multiplyTransposed(int columns, int length, int segments, int row) {
        for (Kernels kernels : Kernels.all()) {
            int lanes = kernels.matrix().lanes();
            checkTransposed(kernels, columns, length, segments, row, lanes);
            checkTransposed(kernels, columns, length, segments, row, 2 * lanes);
        }
    }

    private void checkTransposed(
            Kernels kernels, int columns, int length, int segments, int row, int width) {
        int bRow = width + 7;
        float[] a = random(segments * length * row + columns);
        float[] b = random(3 + segments * length * bRow + width);
        int[] places = places(segments, length * row, length * bRow);
        int cRow = width + 5;
        float[] c = random(2 + columns * cRow);
        float[] expected = c.clone();
        for (int i = 0; i < columns; i++) {
            for (int l = 0; l < width; l++) {
                float sum = 0;
                for (int s = 0; s < places.length; s += 2) {
                    for (int k = 0; k < length; k++) {
                        float other = b[3 + places[s + 1] + k * bRow + l];
                        sum = Math.fma(other, a[places[s] + k * row + i], sum);
                    }
                }
                expected[2 + i * cRow + l] = sum;
            }
        }

        kernels.matrix()
                .multiplyTransposed(
                        new Rows(a, row),
                        new Rows(b, bRow),
                        3,
                        places,
                        length,
                        new Rows(c, cRow),
                        2,
                        columns,
                        width);

        assertThat(c).as("%s, width %s", kernels.name(), width).isEqualTo(expected);
    }

    /// The last segments first: their order is the caller's.
    private static int[] places(int segments, int aStep, int bStep) {
        int[] places = new int[2 * segments];
        for (int s = 0; s < segments; s++) {
            places[2 * s] = (segments - 1 - s) * aStep;
            places[2 * s + 1] = (segments - 1 - s) * bStep;
        }
        return places;
    }

    @Test
    void otherWidthsAndLengthsAreRefused() {
        int[] one = {0, 0};
        for (Kernels kernels : Kernels.all()) {
            MatrixKernels matrix = kernels.matrix();
            int lanes = matrix.lanes();
            Rows some = new Rows(new float[1000], lanes);
            assertThatThrownBy(
                            () ->
                                    matrix.multiply(
                                            some,
                                            new float[1000],
                                            0,
                                            one,
                                            1,
                                            some,
                                            0,
                                            1,
                                            lanes + 1,
                                            false))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("not " + (lanes + 1));
            assertThatThrownBy(
                            () ->
                                    matrix.multiplyTransposed(
                                            some, some, 0, one, 0, some, 0, 1, lanes))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("not 0");
        }
    }
}
