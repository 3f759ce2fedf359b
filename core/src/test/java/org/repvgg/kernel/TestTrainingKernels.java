package org.repvgg.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.repvgg.kernel.MatrixKernels.Rows;

/// Every implementation gives bit for bit what the formula says.
final class TestTrainingKernels {
    private static final long SEED = 20261125;

    private final SplittableRandom random = new SplittableRandom(SEED);

    private float[] random(int length) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /// `operation` writes into a fresh copy of `before`.
    private static void check(float[] before, float[] expected, Function<Kernels, Operation> all) {
        for (Kernels kernels : Kernels.all()) {
            float[] actual = before.clone();
            all.apply(kernels).run(actual);
            assertThat(actual).as("%s, seed %s", kernels.name(), SEED).isEqualTo(expected);
        }
    }

    private interface Operation {
        void run(float[] target);
    }

    @ParameterizedTest
    @CsvSource({"1,16", "7,48", "128,192", "0,16"})
    void moments(int rows, int width) {
        int row = width + 16;
        float[] x = random(3 + rows * row + width);
        for (Kernels kernels : Kernels.all()) {
            float[] sums = random(width + 2);
            float[] squares = random(width + 2);
            kernels.training().moments(new Rows(x, row), 3, rows, width, sums, squares, 1);
            for (int c = 0; c < width; c++) {
                float sum = 0;
                float square = 0;
                for (int r = 0; r < rows; r++) {
                    float value = x[3 + r * row + c];
                    sum += value;
                    square = Math.fma(value, value, square);
                }
                assertThat(sums[1 + c]).as(kernels.name()).isEqualTo(sum);
                assertThat(squares[1 + c]).as(kernels.name()).isEqualTo(square);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1,16", "7,48", "32,192", "0,16"})
    void sums(int rows, int width) {
        float[] x = random(5 + rows * width);
        float[] sums = random(1 + width);
        float[] expected = sums.clone();
        for (int c = 0; c < width; c++) {
            float sum = 0;
            for (int r = 0; r < rows; r++) {
                sum += x[5 + r * width + c];
            }
            expected[1 + c] = sum;
        }
        check(
                sums,
                expected,
                kernels -> target -> kernels.training().sums(x, 5, rows, width, target, 1));
    }

    @ParameterizedTest
    @CsvSource({"1,16", "7,48", "32,192", "0,16"})
    void products(int rows, int width) {
        float[] g = random(2 + rows * width);
        float[] y = random(5 + rows * width);
        float[] sums = random(1 + width);
        float[] expected = sums.clone();
        for (int c = 0; c < width; c++) {
            float sum = 0;
            for (int r = 0; r < rows; r++) {
                sum = Math.fma(g[2 + r * width + c], y[5 + r * width + c], sum);
            }
            expected[1 + c] = sum;
        }
        check(
                sums,
                expected,
                kernels ->
                        target -> kernels.training().products(g, 2, y, 5, rows, width, target, 1));
    }

    @ParameterizedTest
    @CsvSource({"1", "16", "37", "200"})
    void rectify(int length) {
        float[] g = random(3 + length);
        float[] y = random(2 + length);
        y[2] = 0;
        y[1 + length] = length > 2 ? Float.NaN : 0;
        float[] expected = g.clone();
        for (int i = 0; i < length; i++) {
            expected[3 + i] = y[2 + i] > 0 ? g[3 + i] : 0;
        }
        check(
                g,
                expected,
                kernels -> target -> kernels.training().rectify(target, 3, y, 2, length));
    }

    @ParameterizedTest
    @CsvSource({"1,16", "5,48", "32,192"})
    void combine(int rows, int width) {
        float[] g = random(2 + rows * width);
        float[] y = random(5 + rows * width);
        float[] a = random(width);
        float[] b = random(width);
        float[] shift = random(width);
        float[] expected = y.clone();
        for (int i = 0; i < rows * width; i++) {
            int c = i % width;
            expected[5 + i] = Math.fma(a[c], g[2 + i], Math.fma(b[c], y[5 + i], shift[c]));
        }
        check(
                y,
                expected,
                kernels ->
                        target ->
                                kernels.training()
                                        .combine(
                                                g, 2, a, target, 5, b, shift, target, 5, rows,
                                                width));
    }

    @Test
    void descend() {
        int at = 3;
        int length = 101;
        float[] w = random(at + length + 2);
        float[] v = random(w.length);
        float[] g = random(w.length);
        for (boolean nesterov : new boolean[] {false, true}) {
            float[] weights = w.clone();
            float[] velocity = v.clone();
            for (int i = at; i < at + length; i++) {
                float d = Math.fma(5e-4f, w[i], g[i]);
                velocity[i] = Math.fma(0.9f, v[i], d);
                float direction = nesterov ? Math.fma(0.9f, velocity[i], d) : velocity[i];
                weights[i] = Math.fma(-0.1f, direction, w[i]);
            }
            for (Kernels kernels : Kernels.all()) {
                float[] actual = w.clone();
                float[] momentum = v.clone();
                kernels.training()
                        .descend(actual, momentum, g, at, length, 0.1f, 0.9f, 5e-4f, nesterov);
                assertThat(actual).as(kernels.name()).isEqualTo(weights);
                assertThat(momentum).as(kernels.name()).isEqualTo(velocity);
            }
        }
    }
}
