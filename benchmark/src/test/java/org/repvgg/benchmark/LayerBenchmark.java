package org.repvgg.benchmark;

import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.repvgg.kernel.Activation;
import org.repvgg.kernel.ConvPlan;
import org.repvgg.kernel.ConvPlan.Region;
import org.repvgg.kernel.ConvShape;
import org.repvgg.kernel.ConvTask;
import org.repvgg.kernel.FeatureMaps;
import org.repvgg.kernel.Kernels;
import org.repvgg.kernel.PackedConv.Block;
import org.repvgg.kernel.TileBuffers;
import org.repvgg.kernel.Winograd;
import org.repvgg.kernel.WinogradTask;

/// One convolution of a real network on one thread, by each algorithm that can; checked against the
/// scalar kernels before it is timed.
///
/// `java --add-modules jdk.incubator.vector -cp "benchmark/target/test-classes:$(cat
/// benchmark/target/test-classpath)" org.openjdk.jmh.Main LayerBenchmark`
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LayerBenchmark {
    /// Tiles of a piece, as the runtime takes them for one image.
    private static final int CAPACITY = 60;

    /// Channels, stride, groups and size of the output, for one image or for a batch.
    @Param({
        "A0 224: 3 to 48, stride 2, 1 x 112",
        "A0 224: 48 to 48, stride 1, 1 x 56",
        "A0 224: 48 to 96, stride 2, 1 x 28",
        "A0 224: 96 to 96, stride 1, 1 x 28",
        "A0 224: 192 to 192, stride 1, 1 x 14",
        "A0 224: 192 to 1280, stride 2, 1 x 7",
        "B1g4 224: 256 to 256, stride 1, 1 x 28, 4 groups",
        "B1g4 224: 512 to 512, stride 1, 1 x 14, 4 groups",
        "A0 32: 48 to 48, stride 1, 256 x 8",
        "A0 32: 96 to 96, stride 1, 256 x 4",
        "A0 32: 192 to 192, stride 1, 256 x 2",
        "A0 32: 192 to 192, stride 1, 1 x 2",
        "A0 32: 192 to 1280, stride 2, 256 x 1"
    })
    public String layer = "";

    @Param({"DIRECT", "WHOLE_2X2", "F2", "F3", "F4"})
    public String algorithm = "";

    private Runnable run = () -> {};

    private record Layer(ConvShape shape, int images, int size) {
        static Layer parse(String text) {
            int[] numbers =
                    List.of(text.substring(text.indexOf(':')).split("\\D+")).stream()
                            .filter(word -> !word.isEmpty())
                            .mapToInt(Integer::parseInt)
                            .toArray();
            int groups = numbers.length > 5 ? numbers[5] : 1;
            return new Layer(
                    new ConvShape(numbers[0], numbers[1], groups, 3, 3, numbers[2]),
                    numbers[3],
                    numbers[4]);
        }

        FeatureMaps from() {
            int in = size * shape.stride();
            return new FeatureMaps(images, in, in, shape.in(), 1);
        }

        FeatureMaps to() {
            return new FeatureMaps(images, size, size, shape.out(), 1);
        }
    }

    /// Prepares the maps, and compares with the scalar kernels.
    @Setup
    public void prepare() {
        Layer parsed = Layer.parse(layer);
        SplittableRandom random = new SplittableRandom(1);
        ConvShape shape = parsed.shape;
        float[] weight =
                normal(shape.out() * shape.terms(), Math.sqrt(2.0 / shape.terms()), random);
        float[] bias = normal(shape.out(), 0.1, random);
        FeatureMaps from = parsed.from();
        fill(from, random);
        FeatureMaps to = parsed.to();
        Kernels fastest = Kernels.fastest();
        if (algorithm.equals("DIRECT")) {
            run = direct(fastest, parsed, weight, bias, from, to);
        } else {
            Winograd winograd = Winograd.valueOf(algorithm);
            if (shape.stride() != 1 || !winograd.fits(parsed.size, parsed.size)) {
                throw new IllegalArgumentException(
                        "%s does not compute '%s'".formatted(algorithm, layer));
            }
            run = transformed(fastest, winograd, parsed, weight, bias, from, to);
        }
        FeatureMaps expected = parsed.to();
        direct(Kernels.all().getFirst(), parsed, weight, bias, from, expected).run();
        run.run();
        check(to.unsafeArray(), expected.unsafeArray());
    }

    @Benchmark
    public void convolve() {
        run.run();
    }

    private static Runnable direct(
            Kernels kernels,
            Layer layer,
            float[] weight,
            float[] bias,
            FeatureMaps from,
            FeatureMaps to) {
        ConvTask task =
                new ConvTask(
                        kernels.conv().pack(layer.shape, weight, bias),
                        new ConvPlan(layer.shape, from, to),
                        from,
                        to,
                        Activation.RELU);
        return () -> {
            for (Region region : task.regions()) {
                for (Block block : task.conv().blocks()) {
                    kernels.conv()
                            .convolve(task, block, region, 0, layer.images * region.perImage());
                }
            }
        };
    }

    private static Runnable transformed(
            Kernels kernels,
            Winograd algorithm,
            Layer layer,
            float[] weight,
            float[] bias,
            FeatureMaps from,
            FeatureMaps to) {
        WinogradTask task =
                new WinogradTask(
                        kernels.conv().pack(algorithm, layer.shape, weight, bias),
                        from,
                        to,
                        Activation.RELU,
                        CAPACITY);
        var runner = task.new Runner(kernels, new TileBuffers(kernels, List.of(task)));
        int tiles = layer.images * task.tiles();
        return () -> {
            for (int first = 0; first < tiles; first += CAPACITY) {
                runner.run(first, Math.min(tiles, first + CAPACITY), task.blocks());
            }
        };
    }

    private static void fill(FeatureMaps maps, SplittableRandom random) {
        float[] row = normal(maps.channels() * maps.width(), 1, random);
        for (int image = 0; image < maps.images(); image++) {
            for (int y = 0; y < maps.height(); y++) {
                maps.readRow(row, 0, maps.width(), image, y);
                row[random.nextInt(row.length)] = (float) random.nextGaussian();
            }
        }
    }

    private static float[] normal(int count, double deviation, SplittableRandom random) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (deviation * random.nextGaussian());
        }
        return values;
    }

    private static void check(float[] actual, float[] expected) {
        double largest = 0;
        double magnitude = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
            magnitude = Math.max(magnitude, Math.abs(expected[i]));
        }
        if (!(largest <= 1e-4 * magnitude)) {
            throw new AssertionError(
                    String.format(
                            Locale.ROOT,
                            "differs from the scalar kernels by %.1e of %.1e",
                            largest,
                            magnitude));
        }
    }
}
