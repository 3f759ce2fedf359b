package org.repvgg.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The twins agree bit for bit, and with their formula.
final class TestChannelKernels {
    private static final long SEED = 20261125;
    private static final int X_AT = 3;
    private static final int Y_AT = 5;

    private final SplittableRandom random = new SplittableRandom(SEED);

    private float[] random(int length) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /// One operation; overwrites `y` or part of it.
    private interface Operation {
        void run(ChannelKernels kernels, float[] y);
    }

    /// The formula at pixel `p` and channel `c`, given what stood there.
    private interface Formula {
        float at(int p, int c, float before);
    }

    private void check(int pixels, int channels, Operation operation, Formula formula) {
        float[] before = random(Y_AT + pixels * channels + 2);
        float[] expected = before.clone();
        for (int p = 0; p < pixels; p++) {
            for (int c = 0; c < channels; c++) {
                int at = Y_AT + p * channels + c;
                expected[at] = formula.at(p, c, before[at]);
            }
        }
        for (Kernels kernels : Kernels.all()) {
            float[] actual = before.clone();
            operation.run(kernels.channel(), actual);
            assertThat(actual).as("%s, seed %s", kernels.name(), SEED).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1", "1,3", "7,5", "4,16", "3,17", "2,48", "5,63", "1,1280"})
    void agreeWithTheFormula(int pixels, int channels) {
        float[] x = random(X_AT + pixels * channels);
        float[] a = random(channels);
        float[] b = random(channels);
        int length = pixels * channels;
        for (Activation activation : Activation.values()) {
            check(
                    pixels,
                    channels,
                    (k, y) -> k.affine(x, X_AT, a, b, activation, y, Y_AT, pixels, channels),
                    (p, c, _) -> line(x[X_AT + p * channels + c], a[c], b[c], activation));
            check(
                    pixels,
                    channels,
                    (k, y) -> k.addAffine(x, X_AT, a, b, activation, y, Y_AT, pixels, channels),
                    (p, c, y) -> y + line(x[X_AT + p * channels + c], a[c], b[c], activation));
        }
        check(
                pixels,
                channels,
                (k, y) -> k.add(x, X_AT, y, Y_AT, length),
                (p, c, y) -> y + x[X_AT + p * channels + c]);
        check(pixels, channels, (k, y) -> k.relu(y, Y_AT, length), (_, _, y) -> y < 0 ? 0 : y);
        check(
                pixels,
                channels,
                (k, y) -> k.multiply(x, X_AT, y, Y_AT, pixels, channels),
                (_, c, y) -> y * x[X_AT + c]);
        check(
                1,
                channels,
                (k, y) -> k.sum(x, X_AT, pixels, channels, y, Y_AT),
                (_, c, y) -> sum(y, x, pixels, channels, c));
    }

    private static float line(float x, float a, float b, Activation activation) {
        float value = Math.fma(a, x, b);
        return activation == Activation.RELU && value < 0 ? 0 : value;
    }

    private static float sum(float start, float[] x, int pixels, int channels, int c) {
        float sum = start;
        for (int p = 0; p < pixels; p++) {
            sum += x[X_AT + p * channels + c];
        }
        return sum;
    }
}
