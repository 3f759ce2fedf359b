package org.repvgg.benchmark;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.TrainingEngine.Batch;
import org.repvgg.train.TrainingEngine.StepSettings;
import org.repvgg.train.torch.TorchEngine;
import org.repvgg.train.torch.TorchOptions;
import org.repvgg.train.torch.TorchOptions.Layout;
import org.repvgg.train.torch.TorchOptions.Precision;

/// Images a second of whole training steps: RepVGG-A0, ten classes, 32x32, strides 2, batch 128.
///
/// Arguments: seconds per row, then thread counts; `1,2` where none are given.
final class BenchmarkTorchEngine {
    private static final int BATCH = 128;
    private static final int CLASSES = 10;

    private BenchmarkTorchEngine() {}

    public static void main(String[] arguments) {
        double seconds = arguments.length > 0 ? Double.parseDouble(arguments[0]) : 5;
        int[] threads =
                Arrays.stream((arguments.length > 1 ? arguments[1] : "1,2").split(",", -1))
                        .mapToInt(Integer::parseInt)
                        .toArray();
        var spec = RepVggFamily.A0.spec().toBuilder().classes(CLASSES).build();
        BranchedModel model = InitialWeights.random(spec, InputSpec.centred(3, 32, 32), 1);
        System.out.println(
                "threads precision layout        images/s  median ms  fastest ms  steps");
        for (int count : threads) {
            for (Precision precision : new Precision[] {Precision.FP32, Precision.BF16}) {
                for (Layout layout : new Layout[] {Layout.NCHW, Layout.CHANNELS_LAST}) {
                    TorchOptions options =
                            TorchOptions.defaults()
                                    .withThreads(count)
                                    .withPrecision(precision)
                                    .withLayout(layout);
                    row(model, options, seconds);
                }
            }
        }
    }

    private static void row(BranchedModel model, TorchOptions options, double seconds) {
        Batch batch = batch();
        var step = new StepSettings(0.01, 0.9, true, 5e-4, 0);
        try (TorchEngine engine = TorchEngine.start(model, options)) {
            for (int i = 0; i < 4; i++) {
                double _ = engine.step(batch, step);
            }
            long[] times = new long[10_000];
            int steps = 0;
            long begin = System.nanoTime();
            while (System.nanoTime() - begin < seconds * 1e9 && steps < times.length) {
                long start = System.nanoTime();
                double _ = engine.step(batch, step);
                times[steps++] = System.nanoTime() - start;
            }
            double mean = (System.nanoTime() - begin) / (double) steps;
            long[] sorted = Arrays.copyOf(times, steps);
            Arrays.sort(sorted);
            System.out.printf(
                    "%7d %-9s %-13s %8.0f %10.1f %11.1f %6d%n",
                    options.threads(),
                    options.precision(),
                    options.layout(),
                    BATCH * 1e9 / mean,
                    sorted[steps / 2] / 1e6,
                    sorted[0] / 1e6,
                    steps);
        }
    }

    private static Batch batch() {
        var random = new SplittableRandom(1);
        float[] images = new float[BATCH * 3 * 32 * 32];
        for (int i = 0; i < images.length; i++) {
            images[i] = (float) random.nextGaussian();
        }
        float[] targets = new float[BATCH * CLASSES];
        for (int i = 0; i < BATCH; i++) {
            targets[i * CLASSES + random.nextInt(CLASSES)] = 1;
        }
        return new Batch(
                Tensor.ofOwned(Shape.of(BATCH, 3, 32, 32), images),
                Tensor.ofOwned(Shape.of(BATCH, CLASSES), targets));
    }
}
