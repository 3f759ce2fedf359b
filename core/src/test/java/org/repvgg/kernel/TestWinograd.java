package org.repvgg.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Every algorithm on every implementation computes the convolution, within what its rounding
/// errors can be, and on the whole far closer.
final class TestWinograd {
    private static final long SEED = 20261125;

    /// Of all outputs of a layer together; F4's is the largest.
    private static final double USUAL_ERROR = 5e-6;

    /// One layer on one input, in pieces of some tiles.
    record Case(Winograd algorithm, ConvShape shape, int images, int height, int width, int tiles) {
        static Case of(Winograd algorithm, int in, int out, int groups, int height, int width) {
            ConvShape shape = new ConvShape(in, out, groups, 3, 3, 1);
            return new Case(algorithm, shape, 3, height, width, 7);
        }
    }

    static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (Winograd algorithm : Winograd.values()) {
            int[][] sizes =
                    algorithm == Winograd.WHOLE_2X2
                            ? new int[][] {{2, 2}}
                            : new int[][] {{1, 1}, {2, 2}, {4, 4}, {5, 7}, {14, 3}, {8, 13}};
            for (int[] size : sizes) {
                cases.add(Case.of(algorithm, 16, 48, 1, size[0], size[1]));
                cases.add(Case.of(algorithm, 33, 17, 1, size[0], size[1]));
                cases.add(Case.of(algorithm, 3, 5, 1, size[0], size[1]));
                cases.add(Case.of(algorithm, 40, 80, 2, size[0], size[1]));
            }
            cases.add(Case.of(algorithm, 192, 192, 1, 2, 2));
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyImplementationStaysWithinTheBound(Case layer) {
        for (Kernels kernels : Kernels.all()) {
            new Run(layer, kernels, SEED).check();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void implementationsAgreeBitForBit(Case layer) {
        float[] expected = new Run(layer, Kernels.all().getFirst(), SEED).run();
        for (Kernels kernels : Kernels.all()) {
            assertThat(new Run(layer, kernels, SEED).run())
                    .as(kernels.name())
                    .containsExactly(expected);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theMatricesComputeAConvolutionExactly(Winograd algorithm) {
        double[] taps = {2, -3, 5};
        double[] values = {7, 11, -13, 17, 19, -23};
        int m = algorithm.outputs();
        int n = algorithm.inputs();
        double[] weights = new double[algorithm.products()];
        for (int i = 0; i < weights.length; i++) {
            for (int r = 0; r < 3; r++) {
                weights[i] += algorithm.weightMatrix()[i][r] * taps[r];
            }
        }
        for (int y = 0; y < m; y++) {
            double sum = 0;
            for (int i = 0; i < weights.length; i++) {
                double transformed = 0;
                for (int j = 0; j < n; j++) {
                    transformed += algorithm.inputMatrix()[i][j] * values[j];
                }
                sum += algorithm.outputMatrix()[y][i] * weights[i] * transformed;
            }
            double expected = 0;
            for (int r = 0; r < 3; r++) {
                int at = y + r - 1 + algorithm.before();
                expected += at >= 0 && at < n ? taps[r] * values[at] : 0;
            }
            assertThat(sum).as("output %s", y).isCloseTo(expected, within(1e-12));
        }
    }

    @Test
    void otherConvolutionsAreRefused() {
        ConvKernels kernels = Kernels.fastest().conv();
        ConvShape strided = new ConvShape(16, 16, 1, 3, 3, 2);
        assertThatThrownBy(
                        () ->
                                kernels.pack(
                                        Winograd.F4,
                                        strided,
                                        new float[16 * 16 * 9],
                                        new float[16]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("F4 computes 3x3 convolutions of stride 1")
                .hasMessageContaining("stride=2");
        ConvShape shape = new ConvShape(16, 16, 1, 3, 3, 1);
        WinogradConv whole =
                kernels.pack(Winograd.WHOLE_2X2, shape, new float[16 * 16 * 9], new float[16]);
        FeatureMaps from = new FeatureMaps(1, 3, 2, 16, 1);
        FeatureMaps to = new FeatureMaps(1, 3, 2, 16, 1);
        assertThatThrownBy(() -> new WinogradTask(whole, from, to, Activation.NONE, 5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("WHOLE_2X2 does not compute maps of 3x2");
    }

    /// A layer with random weights and input.
    private static final class Run {
        private final Case layer;
        private final Kernels kernels;
        private final float[] weight;
        private final float[] bias;
        private final float[] x;

        Run(Case layer, Kernels kernels, long seed) {
            SplittableRandom random = new SplittableRandom(seed);
            ConvShape shape = layer.shape;
            this.layer = layer;
            this.kernels = kernels;
            this.weight = random(random, shape.out() * shape.terms());
            this.bias = random(random, shape.out());
            this.x = random(random, layer.images * shape.in() * layer.height * layer.width);
        }

        private static float[] random(SplittableRandom random, int length) {
            float[] values = new float[length];
            for (int i = 0; i < length; i++) {
                values[i] = (float) random.nextGaussian();
            }
            return values;
        }

        void check() {
            double[] inputs = new double[x.length];
            for (int i = 0; i < x.length; i++) {
                inputs[i] = x[i];
            }
            ConvShape shape = layer.shape;
            NaiveConv naive =
                    new NaiveConv(
                            shape, weight, bias, inputs, layer.images, layer.height, layer.width);
            double[] magnitudes = magnitudes();
            float[] actual = run();
            double ku = (shape.inPerGroup() + 4 * layer.algorithm.products()) * 0x1p-24;
            double error = 0;
            double size = 0;
            for (int i = 0; i < actual.length; i++) {
                double expected = Math.max(0, naive.output[i]);
                double bound = ku / (1 - ku) * magnitudes[i];
                error += Math.pow(actual[i] - expected, 2);
                size += Math.pow(naive.output[i], 2);
                if (!(Math.abs(actual[i] - expected) <= bound)) {
                    throw new AssertionError(
                            "%s, %s: output %s is %s, not %s, bound %s"
                                    .formatted(
                                            kernels.name(), layer, i, actual[i], expected, bound));
                }
            }
            assertThat(Math.sqrt(error / size)).as("relative error").isLessThan(USUAL_ERROR);
        }

        /// `|Aᵀ| ((|G| |g| |Gᵀ|) * (|Bᵀ| |d| |B|)) |A| + |bias|` of every output: what passes
        /// through the sums on the way to it, and the scale of its rounding error.
        private double[] magnitudes() {
            Winograd algorithm = layer.algorithm;
            ConvShape shape = layer.shape;
            int m = algorithm.outputs();
            int down = Math.ceilDiv(layer.height, m);
            int across = Math.ceilDiv(layer.width, m);
            double[][] weights = new double[shape.out() * shape.inPerGroup()][];
            for (int pair = 0; pair < weights.length; pair++) {
                int at = pair * 9;
                weights[pair] =
                        around(algorithm.weightMatrix(), 3, (r, s) -> weight[at + r * 3 + s]);
            }
            double[][] inputs = new double[layer.images * shape.in() * down * across][];
            for (int i = 0; i < inputs.length; i++) {
                int plane = i / across / down;
                int top = i / across % down * m - algorithm.before();
                int left = i % across * m - algorithm.before();
                inputs[i] =
                        around(
                                algorithm.inputMatrix(),
                                algorithm.inputs(),
                                (r, s) -> x(plane, top + r, left + s));
            }
            double[] result = new double[layer.images * shape.out() * layer.height * layer.width];
            for (int i = 0; i < result.length; i++) {
                int column = i % layer.width;
                int row = i / layer.width % layer.height;
                int o = i / layer.width / layer.height % shape.out();
                int image = i / layer.width / layer.height / shape.out();
                int group = o / shape.outPerGroup() * shape.inPerGroup();
                double[] sums = new double[algorithm.products() * algorithm.products()];
                for (int c = 0; c < shape.inPerGroup(); c++) {
                    double[] u = weights[o * shape.inPerGroup() + c];
                    int plane = image * shape.in() + group + c;
                    double[] v = inputs[(plane * down + row / m) * across + column / m];
                    for (int p = 0; p < sums.length; p++) {
                        sums[p] += u[p] * v[p];
                    }
                }
                double[] a = algorithm.outputMatrix()[row % m];
                double[] b = algorithm.outputMatrix()[column % m];
                result[i] = Math.abs(bias[o]);
                for (int p = 0; p < sums.length; p++) {
                    result[i] += Math.abs(a[p / b.length] * b[p % b.length]) * sums[p];
                }
            }
            return result;
        }

        /// An input of image and channel `plane`, or the zero around it.
        private double x(int plane, int row, int column) {
            boolean inside = row >= 0 && row < layer.height && column >= 0 && column < layer.width;
            return inside ? x[(plane * layer.height + row) * layer.width + column] : 0;
        }

        private interface Values {
            double at(int row, int column);
        }

        /// `|matrix| |values| |matrixᵀ|`, row by row.
        private static double[] around(double[][] matrix, int size, Values values) {
            int rows = matrix.length;
            double[] half = new double[rows * size];
            for (int i = 0; i < half.length; i++) {
                for (int r = 0; r < size; r++) {
                    half[i] += Math.abs(matrix[i / size][r] * values.at(r, i % size));
                }
            }
            double[] result = new double[rows * rows];
            for (int i = 0; i < result.length; i++) {
                for (int s = 0; s < size; s++) {
                    result[i] += Math.abs(half[i / rows * size + s] * matrix[i % rows][s]);
                }
            }
            return result;
        }

        /// Computes piece by piece, the channels in two parts; gives `[n,out,h,w]`.
        private float[] run() {
            ConvShape shape = layer.shape;
            int plane = layer.height * layer.width;
            var from = new FeatureMaps(layer.images, layer.height, layer.width, shape.in(), 1);
            var to = new FeatureMaps(layer.images, layer.height, layer.width, shape.out(), 1);
            for (int row = 0; row < layer.images * layer.height; row++) {
                int image = row / layer.height;
                int y = row % layer.height;
                from.readRow(x, image * shape.in() * plane + y * layer.width, plane, image, y);
            }
            WinogradConv conv = kernels.conv().pack(layer.algorithm, shape, weight, bias);
            var task = new WinogradTask(conv, from, to, Activation.RELU, layer.tiles);
            var runner = task.new Runner(kernels, new TileBuffers(kernels, List.of(task)));
            int end = layer.images * task.tiles();
            for (int tile = 0; tile < end; tile += layer.tiles) {
                int last = Math.min(end, tile + layer.tiles);
                int half = (task.blocks().size() + 1) / 2;
                runner.run(tile, last, task.blocks().subList(0, half));
                if (half < task.blocks().size()) {
                    runner.run(tile, last, task.blocks().subList(half, task.blocks().size()));
                }
            }
            float[] planes = new float[layer.images * shape.out() * plane];
            double inside = 0;
            for (int row = 0; row < layer.images * layer.height; row++) {
                int image = row / layer.height;
                int y = row % layer.height;
                to.writeRow(image, y, planes, image * shape.out() * plane + y * layer.width, plane);
            }
            for (float value : planes) {
                inside += value;
            }
            double all = 0;
            for (float value : to.unsafeArray()) {
                all += value;
            }
            assertThat(all).as("the border stays zero").isCloseTo(inside, within(1e-6 * inside));
            return planes;
        }
    }
}
