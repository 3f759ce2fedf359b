package org.repvgg.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.repvgg.kernel.Winograd.Map;
import org.repvgg.kernel.Winograd.Window;

/// Every map of every implementation is what the matrices of [Winograd] say, and the twins agree
/// bit for bit.
final class TestBilinearKernels {
    private static final long SEED = 20261125;
    private static final int CHANNELS = 32;

    /// Floats between neighbours, more than the channels.
    private static final int APART = 48;

    /// One map of a tile that reaches beyond the maps it lies in.
    record Case(Winograd algorithm, Map map, Window window) {
        int from() {
            return algorithm.from(map);
        }

        int to() {
            return algorithm.to(map);
        }

        /// Rows and columns by rows.
        double[][] matrix() {
            return switch (map) {
                case INPUT -> algorithm.inputMatrix();
                case WEIGHT -> algorithm.weightMatrix();
                case OUTPUT -> algorithm.outputMatrix();
                case INPUT_GRADIENT -> transposed(algorithm.inputMatrix());
                case WEIGHT_GRADIENT -> transposed(algorithm.weightMatrix());
                case OUTPUT_GRADIENT -> transposed(algorithm.outputMatrix());
            };
        }

        private static double[][] transposed(double[][] matrix) {
            double[][] transposed = new double[matrix[0].length][matrix.length];
            for (int i = 0; i < matrix.length; i++) {
                for (int j = 0; j < matrix[0].length; j++) {
                    transposed[j][i] = matrix[i][j];
                }
            }
            return transposed;
        }
    }

    static Stream<Case> cases() {
        return Stream.of(Winograd.WHOLE_2X2, Winograd.F4)
                .flatMap(
                        algorithm ->
                                Stream.of(Map.values())
                                        .flatMap(map -> windows(algorithm, map))
                                        .distinct());
    }

    private static Stream<Case> windows(Winograd algorithm, Map map) {
        boolean weights = map == Map.WEIGHT || map == Map.WEIGHT_GRADIENT;
        int side =
                map == Map.INPUT || map == Map.OUTPUT_GRADIENT
                        ? algorithm.from(map)
                        : algorithm.to(map);
        Window whole = new Window(0, side, 0, side);
        return weights
                ? Stream.of(new Case(algorithm, map, whole))
                : Stream.of(
                                whole,
                                new Window(1, side, 0, side),
                                new Window(0, side - 1, 0, side),
                                new Window(0, side, 1, side - 1),
                                new Window(1, side - 1, 1, side))
                        .map(window -> new Case(algorithm, map, window));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isTheMatricesProduct(Case wanted) {
        for (Kernels kernels : Kernels.all()) {
            Run run = new Run(wanted, kernels.bilinear());
            float[] y = run.run();
            for (int i = 0; i < wanted.to(); i++) {
                for (int j = 0; j < wanted.to(); j++) {
                    for (int c = 0; c < CHANNELS; c++) {
                        assertThat((double) y[run.at(wanted.to(), i, j) + c])
                                .as("%s, (%s,%s), channel %s", kernels.name(), i, j, c)
                                .isCloseTo(run.expected(i, j, c), within(2e-4));
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void implementationsAgreeBitForBit(Case wanted) {
        float[] expected = new Run(wanted, Kernels.all().getFirst().bilinear()).run();
        for (Kernels kernels : Kernels.all()) {
            assertThat(new Run(wanted, kernels.bilinear()).run())
                    .as(kernels.name())
                    .containsExactly(expected);
        }
    }

    @Test
    void whatIsNotTrainedIsRefused() {
        BilinearKernels kernels = Kernels.fastest().bilinear();
        float[] values = new float[64 * CHANNELS];
        assertThatThrownBy(
                        () ->
                                kernels.weights(
                                        Winograd.F2,
                                        Map.WEIGHT,
                                        values,
                                        0,
                                        values,
                                        0,
                                        CHANNELS,
                                        CHANNELS,
                                        new float[kernels.scratch()]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("training multiplies by WHOLE_2X2 and F4, not by F2");
        assertThatThrownBy(
                        () ->
                                kernels.weights(
                                        Winograd.F4,
                                        Map.INPUT,
                                        values,
                                        0,
                                        values,
                                        0,
                                        CHANNELS,
                                        CHANNELS,
                                        new float[kernels.scratch()]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("INPUT is neither WEIGHT nor WEIGHT_GRADIENT");
    }

    /// One map on random values; what it adds to starts at a value of its own.
    private static final class Run {
        private static final float BEFORE = 0.25f;

        private final Case wanted;
        private final BilinearKernels kernels;
        private final float[] x;

        Run(Case wanted, BilinearKernels kernels) {
            SplittableRandom random = new SplittableRandom(SEED);
            this.wanted = wanted;
            this.kernels = kernels;
            this.x = new float[wanted.from() * wanted.from() * APART];
            for (int i = 0; i < x.length; i++) {
                x[i] = (float) random.nextGaussian();
            }
        }

        int at(int side, int i, int j) {
            return (i * side + j) * APART;
        }

        float[] run() {
            int from = wanted.from();
            int to = wanted.to();
            float[] y = new float[to * to * APART];
            Arrays.fill(y, BEFORE);
            float[] scratch = new float[kernels.scratch()];
            switch (wanted.map) {
                case INPUT, OUTPUT_GRADIENT ->
                        kernels.gather(
                                wanted.algorithm,
                                wanted.map,
                                x,
                                0,
                                from * APART,
                                APART,
                                wanted.window,
                                y,
                                0,
                                APART,
                                CHANNELS,
                                scratch);
                case OUTPUT, INPUT_GRADIENT ->
                        kernels.scatter(
                                wanted.algorithm,
                                wanted.map,
                                x,
                                0,
                                APART,
                                y,
                                0,
                                to * APART,
                                APART,
                                wanted.window,
                                wanted.map == Map.INPUT_GRADIENT,
                                CHANNELS,
                                scratch);
                case WEIGHT, WEIGHT_GRADIENT ->
                        kernels.weights(
                                wanted.algorithm, wanted.map, x, 0, y, 0, APART, CHANNELS, scratch);
            }
            return y;
        }

        double expected(int i, int j, int c) {
            boolean reads =
                    List.of(Map.INPUT, Map.OUTPUT_GRADIENT, Map.WEIGHT, Map.WEIGHT_GRADIENT)
                            .contains(wanted.map);
            if (!reads && !inside(i, j)) {
                return BEFORE; // not touched
            }
            double[][] t = wanted.matrix();
            double sum = wanted.map == Map.INPUT_GRADIENT ? BEFORE : 0;
            for (int r = 0; r < wanted.from(); r++) {
                for (int s = 0; s < wanted.from(); s++) {
                    if (!reads || inside(r, s)) {
                        sum += t[i][r] * t[j][s] * x[at(wanted.from(), r, s) + c];
                    }
                }
            }
            return sum;
        }

        private boolean inside(int r, int s) {
            Window window = wanted.window;
            boolean weights = wanted.map == Map.WEIGHT || wanted.map == Map.WEIGHT_GRADIENT;
            return weights
                    || (r >= window.top()
                            && r < window.bottom()
                            && s >= window.left()
                            && s < window.right());
        }
    }
}
