package org.repvgg.benchmark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.TrainingEngine;
import org.repvgg.train.TrainingEngine.Batch;
import org.repvgg.train.TrainingEngine.StepSettings;
import org.repvgg.train.java.JavaEngine;
import org.repvgg.train.torch.TorchEngine;
import org.repvgg.train.torch.TorchOptions;
import org.repvgg.train.torch.TorchOptions.Layout;
import org.repvgg.train.torch.TorchOptions.Precision;

/// Images a second of whole training steps: RepVGG-A0, ten classes, 32x32, strides 2, batch 128,
/// every engine in turn, round after round, so that a machine that slows down slows all.
///
/// Arguments: rounds, steps a round, threads; `5 20` and all processors where none are given. One
/// number of threads a JVM, for libtorch knows only one. Prints CSV.
final class BenchmarkTraining {
    private static final int BATCH = 128;
    private static final int CLASSES = 10;
    private static final int WARM_UP = 20;

    private BenchmarkTraining() {}

    public static void main(String[] arguments) {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
        int steps = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 20;
        int threads =
                arguments.length > 2
                        ? Integer.parseInt(arguments[2])
                        : Runtime.getRuntime().availableProcessors();
        var spec = RepVggFamily.A0.spec().toBuilder().classes(CLASSES).build();
        BranchedModel model = InitialWeights.random(spec, InputSpec.centred(3, 32, 32), 1);
        List<TrainingEngine> engines = new ArrayList<>();
        engines.add(JavaEngine.start(model, threads));
        for (Precision precision : new Precision[] {Precision.FP32, Precision.BF16}) {
            for (Layout layout : new Layout[] {Layout.NCHW, Layout.CHANNELS_LAST}) {
                engines.add(
                        TorchEngine.start(
                                model,
                                TorchOptions.defaults()
                                        .withThreads(threads)
                                        .withPrecision(precision)
                                        .withLayout(layout)));
            }
        }
        measure(engines, rounds, steps);
        engines.forEach(TrainingEngine::close);
    }

    private static void measure(List<TrainingEngine> engines, int rounds, int steps) {
        Batch batch = batch();
        double[][] times = new double[engines.size()][rounds * steps];
        for (TrainingEngine engine : engines) {
            time(engine, batch, new double[WARM_UP], 0, WARM_UP);
        }
        for (int round = 0; round < rounds; round++) {
            for (int e = 0; e < engines.size(); e++) {
                time(engines.get(e), batch, times[e], round * steps, steps);
            }
        }
        System.out.println("engine,images per second,median ms,fastest ms,steps");
        for (int e = 0; e < engines.size(); e++) {
            Arrays.sort(times[e]);
            double median = times[e][times[e].length / 2];
            System.out.printf(
                    "\"%s\",%.0f,%.1f,%.1f,%d%n",
                    engines.get(e).description(),
                    BATCH * 1e3 / median,
                    median,
                    times[e][0],
                    times[e].length);
        }
    }

    /// Milliseconds of `steps` steps, into `times` from `at` on.
    private static void time(
            TrainingEngine engine, Batch batch, double[] times, int at, int steps) {
        var settings = new StepSettings(0.01, 0.9, true, 5e-4, 0);
        for (int step = 0; step < steps; step++) {
            long start = System.nanoTime();
            double _ = engine.step(batch, settings);
            times[at + step] = (System.nanoTime() - start) / 1e6;
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
