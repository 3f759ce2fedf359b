package org.repvgg.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.repvgg.kernel.ConvPlan.Region;
import org.repvgg.kernel.PackedConv.Block;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.RepVggFamily;

/// Every implementation keeps the promise of [ConvKernels] on every layer of RepVGG-A0 and on odd
/// shapes.
final class TestConvKernels {
    private static final long SEED = 20261124;

    /// One layer on one input.
    record Case(ConvShape shape, int images, int height, int width) {}

    static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>(layersOfA0(32, 3));
        cases.addAll(layersOfA0(56, 1)); // 224 scaled down by four
        for (int size : new int[] {1, 2, 7}) {
            cases.add(new Case(conv(17, 5, 1, 3, 3, 1), 2, size, size));
            cases.add(new Case(conv(3, 48, 1, 3, 3, 2), 2, size, size));
            cases.add(new Case(conv(48, 17, 1, 1, 1, 2), 2, size, 5));
        }
        for (int channels : new int[] {1, 3, 5, 17, 48}) {
            cases.add(new Case(conv(channels, channels, 1, 3, 3, 1), 1, 6, 5));
            cases.add(new Case(conv(channels, channels, channels, 3, 3, 1), 2, 4, 5));
            cases.add(new Case(conv(3, channels, 1, 3, 3, 2), 3, 9, 14));
        }
        for (int groups : new int[] {2, 4}) {
            cases.add(new Case(conv(24, 40, groups, 3, 3, 1), 2, 7, 9));
            cases.add(new Case(conv(192, 192, groups, 3, 3, 2), 1, 7, 5));
            cases.add(new Case(conv(20, 20, groups, 1, 1, 1), 1, 3, 3));
        }
        for (int stride : new int[] {1, 2, 4}) {
            cases.add(new Case(conv(6, 33, 1, 1, 3, stride), 2, 5, 8));
            cases.add(new Case(conv(6, 33, 3, 3, 1, stride), 2, 8, 5));
            cases.add(new Case(conv(6, 64, 1, 3, 3, stride), 9, 10, 11));
        }
        cases.add(new Case(ConvShape.linear(1280, 10), 5, 1, 1));
        cases.add(new Case(ConvShape.linear(7, 1000), 1, 1, 1));
        return cases.stream();
    }

    private static ConvShape conv(int in, int out, int groups, int height, int width, int stride) {
        return new ConvShape(in, out, groups, height, width, stride);
    }

    private static List<Case> layersOfA0(int size, int images) {
        List<Case> cases = new ArrayList<>();
        int now = size;
        for (BlockSpec block : RepVggFamily.A0.spec().blocks()) {
            Case next =
                    new Case(
                            conv(block.in(), block.out(), 1, 3, 3, block.stride()),
                            images,
                            now,
                            now);
            if (!cases.contains(next)) {
                cases.add(next);
            }
            now = block.outputSize(now);
        }
        return cases;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyImplementationStaysWithinTheBound(Case layer) {
        Run run = new Run(layer, SEED);
        for (Kernels kernels : Kernels.all()) {
            run.check(kernels, Activation.NONE, 1);
            run.check(kernels, Activation.RELU, 1);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyImplementationSumsInTheSameOrder(Case layer) {
        Run run = new Run(layer, SEED + 1);
        float[] plain = run.convolve(Kernels.all().getFirst().conv(), Activation.RELU, 1);
        for (Kernels kernels : Kernels.all()) {
            assertThat(run.convolve(kernels.conv(), Activation.RELU, 1))
                    .as("%s, seed %s", kernels.name(), SEED + 1)
                    .isEqualTo(plain);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void answersDoNotDependOnTheBorderOrTheOtherImages(Case layer) {
        Run run = new Run(layer, SEED + 2);
        for (Kernels kernels : Kernels.all()) {
            float[] whole = run.convolve(kernels.conv(), Activation.NONE, 1);
            assertThat(run.convolve(kernels.conv(), Activation.NONE, 0)).isEqualTo(whole);
            Run first = run.firstImage();
            float[] alone = first.convolve(kernels.conv(), Activation.NONE, 1);
            assertThat(alone).containsExactly(Arrays.copyOf(whole, alone.length));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void piecesMakeTheWhole(Case layer) {
        Run run = new Run(layer, SEED + 3);
        for (Kernels kernels : Kernels.all()) {
            float[] whole = run.convolve(kernels.conv(), Activation.RELU, 1);
            assertThat(run.convolveInPieces(kernels.conv(), 5)).isEqualTo(whole);
        }
    }

    @Test
    void aNanIsNotHidden() {
        Run run = new Run(new Case(conv(3, 20, 1, 3, 3, 1), 1, 4, 4), SEED);
        run.x[5] = Float.NaN;
        for (Kernels kernels : Kernels.all()) {
            assertThat(run.convolve(kernels.conv(), Activation.RELU, 1)[0]).isNaN();
        }
    }

    @Test
    void refusesWeightsOfAnotherShape() {
        ConvShape shape = conv(3, 4, 1, 3, 3, 1);
        for (Kernels kernels : Kernels.all()) {
            assertThatThrownBy(() -> kernels.conv().pack(shape, new float[107], new float[4]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("108")
                    .hasMessageContaining("107");
            assertThatThrownBy(() -> kernels.conv().pack(shape, new float[108], new float[3]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("wants 4 biases, got 3");
        }
    }

    @Test
    void refusesMapsThatDoNotFit() {
        ConvShape shape = conv(3, 4, 1, 3, 3, 2);
        FeatureMaps from = new FeatureMaps(1, 5, 5, 3, 1);
        assertThatThrownBy(() -> new ConvPlan(shape, from, new FeatureMaps(1, 5, 5, 4, 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("5x5");
        assertThatThrownBy(() -> new ConvPlan(shape, from, new FeatureMaps(1, 3, 3, 5, 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("3 channels to 5");
    }

    @Test
    void forcedWidthIsChecked() {
        assertThat(Kernels.forcedBits(null)).isZero();
        assertThat(Kernels.forcedBits("256")).isEqualTo(256);
        assertThatThrownBy(() -> Kernels.forcedBits("64"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not '64'");
    }

    /// Random weights and images for one layer.
    private static final class Run {
        final Case layer;
        final long seed;
        final float[] weight;
        final float[] bias;
        final float[] x;

        Run(Case layer, long seed) {
            this.layer = layer;
            this.seed = seed;
            SplittableRandom random = new SplittableRandom(seed);
            ConvShape shape = layer.shape;
            weight = random(random, shape.out() * shape.terms());
            bias = random(random, shape.out());
            x = random(random, layer.images * shape.in() * layer.height * layer.width);
        }

        private Run(Run whole, Case first) {
            layer = first;
            seed = whole.seed;
            weight = whole.weight;
            bias = whole.bias;
            x = whole.x;
        }

        Run firstImage() {
            return new Run(this, new Case(layer.shape, 1, layer.height, layer.width));
        }

        private static float[] random(SplittableRandom random, int length) {
            float[] values = new float[length];
            for (int i = 0; i < length; i++) {
                values[i] = (float) random.nextGaussian();
            }
            return values;
        }

        private FeatureMaps input(int border) {
            ConvShape shape = layer.shape;
            FeatureMaps maps =
                    new FeatureMaps(layer.images, layer.height, layer.width, shape.in(), border);
            int plane = layer.height * layer.width;
            for (int image = 0; image < layer.images; image++) {
                for (int y = 0; y < layer.height; y++) {
                    maps.readRow(x, image * shape.in() * plane + y * layer.width, plane, image, y);
                }
            }
            return maps;
        }

        private FeatureMaps output() {
            ConvShape shape = layer.shape;
            int height = shape.outputSize(layer.height);
            int width = shape.outputSize(layer.width);
            return new FeatureMaps(layer.images, height, width, shape.out(), 1);
        }

        /// The output as `[n,out,h,w]`.
        private static float[] planes(FeatureMaps maps) {
            int plane = maps.height() * maps.width();
            float[] planes = new float[maps.images() * maps.channels() * plane];
            for (int image = 0; image < maps.images(); image++) {
                for (int y = 0; y < maps.height(); y++) {
                    int at = image * maps.channels() * plane + y * maps.width();
                    maps.writeRow(image, y, planes, at, plane);
                }
            }
            return planes;
        }

        float[] convolve(ConvKernels kernels, Activation activation, int border) {
            FeatureMaps from = input(border);
            FeatureMaps to = output();
            ConvPlan plan = new ConvPlan(layer.shape, from, to);
            PackedConv packed = kernels.pack(layer.shape, weight, bias);
            kernels.convolve(new ConvTask(packed, plan, from, to, activation), layer.images);
            assertThat(nonZeros(to.unsafeArray())).as("border").isEqualTo(nonZeros(planes(to)));
            return planes(to);
        }

        float[] convolveInPieces(ConvKernels kernels, int pixels) {
            FeatureMaps from = input(1);
            FeatureMaps to = output();
            ConvPlan plan = new ConvPlan(layer.shape, from, to);
            PackedConv packed = kernels.pack(layer.shape, weight, bias);
            ConvTask task = new ConvTask(packed, plan, from, to, Activation.RELU);
            for (Region region : plan.regions()) {
                int end = region.perImage() * layer.images;
                for (int at = 0; at < end; at += pixels) {
                    for (Block block : packed.blocks()) {
                        kernels.convolve(task, block, region, at, Math.min(end, at + pixels));
                    }
                }
            }
            return planes(to);
        }

        /// Number of values that are not zero, to find any that a kernel left in the border.
        private static long nonZeros(float[] values) {
            long count = 0;
            for (float value : values) {
                count += value != 0 ? 1 : 0;
            }
            return count;
        }

        private static double[] doubles(float[] values) {
            double[] doubles = new double[values.length];
            for (int i = 0; i < values.length; i++) {
                doubles[i] = values[i];
            }
            return doubles;
        }

        void check(Kernels kernels, Activation activation, int border) {
            float[] actual = convolve(kernels.conv(), activation, border);
            ConvShape shape = layer.shape;
            NaiveConv naive =
                    new NaiveConv(
                            shape,
                            weight,
                            bias,
                            doubles(x),
                            layer.images,
                            layer.height,
                            layer.width);
            assertThat(actual).hasSameSizeAs(naive.output);
            for (int i = 0; i < actual.length; i++) {
                double expected =
                        activation == Activation.RELU
                                ? Math.max(0, naive.output[i])
                                : naive.output[i];
                double bound = ConvKernels.errorBound(shape.terms(), naive.magnitude[i]);
                if (!(Math.abs(actual[i] - expected) <= bound)) {
                    throw new AssertionError(
                            String.format(
                                    "%s, %s: output %s is %s, not %s, bound %s: seed %s",
                                    kernels.name(), layer, i, actual[i], expected, bound, seed));
                }
            }
        }
    }
}
