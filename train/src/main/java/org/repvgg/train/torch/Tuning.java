package org.repvgg.train.torch;

import java.util.ArrayList;
import java.util.List;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InputSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.train.RandomBatch;
import org.repvgg.train.TrainingEngine.Batch;
import org.repvgg.train.TrainingEngine.StepSettings;
import org.repvgg.train.torch.TorchOptions.Device;
import org.repvgg.train.torch.TorchOptions.Layout;

/// Finds the fastest memory layout and number of threads by training copies of the network for a
/// moment on noise.
///
/// More threads are not always faster: a step has thousands of parallel regions, and each waits for
/// the slowest thread. On a busy machine, or a virtual one whose processors hear slowly of each
/// other, one thread alone can be ahead.
final class Tuning {
    /// Not counted: the first steps of a shape create oneDNN's primitives.
    private static final int WARM_UP_STEPS = 2;

    private static final int STEPS = 3;

    private Tuning() {}

    /// `options` with the fastest layout, and with one thread where that is faster still. `model`
    /// is not changed.
    static TorchOptions fastest(BranchedModel model, TorchOptions options) {
        Batch batch = noise(model, options.batchSize());
        boolean onlyLast = options.device() == Device.CPU && !Convolutions.allowNchw(model.spec());
        TorchOptions fastest = options.withLayout(Layout.CHANNELS_LAST);
        if (onlyLast && options.threads() == 1) {
            return fastest;
        }
        long time = fastestStep(model, fastest, batch);
        List<TorchOptions> others = new ArrayList<>();
        if (options.threads() > 1 && options.device() == Device.CPU) {
            others.add(fastest.withThreads(1));
        }
        if (!onlyLast) {
            others.add(options.withLayout(Layout.NCHW));
        }
        for (TorchOptions other : others) {
            long otherTime = fastestStep(model, other, batch);
            if (otherTime < time) {
                fastest = other;
                time = otherTime;
            }
        }
        return fastest;
    }

    /// Nanoseconds.
    private static long fastestStep(BranchedModel model, TorchOptions options, Batch batch) {
        var step = new StepSettings(0, 0.9, false, 0, 0);
        long fastest = Long.MAX_VALUE;
        try (TorchEngine engine = TorchEngine.start(model, options)) {
            for (int i = 0; i < WARM_UP_STEPS + STEPS; i++) {
                long start = System.nanoTime();
                double _ = engine.step(batch, step);
                if (i >= WARM_UP_STEPS) {
                    fastest = Math.min(fastest, System.nanoTime() - start);
                }
            }
        }
        return fastest;
    }

    private static Batch noise(BranchedModel model, int count) {
        InputSpec input = model.input();
        Shape images = Shape.of(count, input.channels(), input.height(), input.width());
        return RandomBatch.of(model.spec(), images, 1);
    }
}
