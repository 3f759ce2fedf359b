package org.repvgg.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import org.repvgg.format.Checkpoint;
import org.repvgg.model.BranchedModel;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.RandomBatch;
import org.repvgg.train.TrainingEngine;
import org.repvgg.train.TrainingEngine.Batch;
import org.repvgg.train.TrainingEngine.StepSettings;
import org.repvgg.train.java.JavaEngine;
import org.repvgg.train.torch.TorchEngine;
import org.repvgg.train.torch.TorchOptions;

/// Training steps on one batch, again and again; every call answers with the loss before its step,
/// `[1]`.
final class TrainingContender implements Contender {
    /// What a recipe does, at a rate that keeps losses finite for as long as a benchmark takes.
    static final StepSettings STEP = new StepSettings(0.01, 0.9, true, 5e-4, 0);

    /// Of the random images and their classes.
    static final long SEED = 1;

    private final TrainingEngine engine;
    private final RepVggSpec spec;
    private Tensor targets;

    private TrainingContender(TrainingEngine engine, RepVggSpec spec) {
        this.engine = engine;
        this.spec = spec;
        this.targets = RandomBatch.targets(1, spec.classes(), SEED);
    }

    /// @param file of the training form
    static TrainingContender load(StepEngine engine, Path file, int threads) throws IOException {
        BranchedModel model = Checkpoint.readBranched(file);
        TrainingEngine started =
                engine == StepEngine.JAVA
                        ? JavaEngine.start(model, threads)
                        : TorchEngine.start(
                                model,
                                TorchOptions.defaults()
                                        .withPrecision(engine.precision())
                                        .withLayout(engine.layout())
                                        .withThreads(threads));
        return new TrainingContender(started, model.spec());
    }

    @Override
    public String description() {
        return engine.description();
    }

    @Override
    public Tensor call(Tensor images) {
        int count = images.shape().dimension(0);
        if (targets.shape().dimension(0) != count) {
            targets = RandomBatch.targets(count, spec.classes(), SEED);
        }
        return Tensor.vector((float) engine.step(new Batch(images, targets), STEP));
    }

    @Override
    public void close() {
        engine.close();
    }
}
