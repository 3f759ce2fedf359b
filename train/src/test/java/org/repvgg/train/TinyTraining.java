package org.repvgg.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.repvgg.data.Dataset;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;

/// A training of a second: a two-stage network on coloured noise.
final class TinyTraining {
    static final int EPOCHS = 5;

    private TinyTraining() {}

    static RepVggSpec spec(int classes) {
        return RepVggFamily.A0.spec().toBuilder()
                .name("tiny")
                .classes(classes)
                .widths(List.of(8, 16))
                .depths(List.of(1, 2))
                .strides(List.of(1, 2))
                .build();
    }

    /// Everything switched on; a high rate, for the features of a fresh network are small.
    static Recipe recipe() {
        return Recipe.builder("tiny")
                .epochs(EPOCHS)
                .batchSize(16)
                .peakLearningRate(5)
                .warmupEpochs(1)
                .momentum(0.9)
                .nesterov(true)
                .weightDecay(1e-5)
                .labelSmoothing(0.1)
                .augmentation(new Augmentation(1, true, 2, new Distortion(10, 1.1, 0.1)))
                .cutMix(new CutMix(0.5))
                .rest(0.2)
                .averageDecay(0.9)
                .build();
    }

    static Trainer.Job job() {
        return job(ColouredImages.dataset(4, 200, 60), recipe());
    }

    static Trainer.Job job(Dataset data, Recipe recipe) {
        List<String> names = data.train().classNames();
        InputSpec input = InputSpec.centred(3, 8, 8).withClassNames(names);
        return new Trainer.Job(
                InitialWeights.random(spec(names.size()), input, 3), data, recipe, 7, 1);
    }

    static EngineFactory engines() {
        return engines("head");
    }

    /// @param name `head` for one that trains the classifier only, or as [Engines#of] has it
    static EngineFactory engines(String name) {
        return name.equals("head")
                ? (initial, _) -> new HeadEngine(initial)
                : Engines.of(name, "cpu", "fp32", 1, recipe().batchSize());
    }

    static TrainResult run(Trainer.Job job, Path folder, boolean resume) throws IOException {
        return run(job, folder, resume, new TrainListener() {});
    }

    static TrainResult run(Trainer.Job job, Path folder, boolean resume, TrainListener listener)
            throws IOException {
        return run(job, folder, engines(), resume, listener);
    }

    static TrainResult run(
            Trainer.Job job,
            Path folder,
            EngineFactory engines,
            boolean resume,
            TrainListener listener)
            throws IOException {
        try (RunFolder run = RunFolder.open(folder)) {
            return Trainer.train(job, engines, run, resume, listener);
        }
    }

    /// A process to be killed: trains slowly in the folder `args[0]` on the engine `args[1]`,
    /// resuming what is there.
    static void main(String[] args) throws IOException {
        TrainListener slow =
                new TrainListener() {
                    @Override
                    public void epochDone(EpochRecord epoch, int epochs, double etaSeconds) {
                        System.out.println("epoch " + epoch.epoch());
                    }

                    @Override
                    public void message(String line) {
                        if (line.startsWith("stopped")) {
                            System.out.println(line);
                        }
                    }
                };
        EngineFactory fast = engines(args[1]);
        EngineFactory engines = (initial, choices) -> new SlowEngine(fast.start(initial, choices));
        try (RunFolder run = RunFolder.open(Path.of(args[0]))) {
            Trainer.train(job(), engines, run, true, slow);
        }
    }

    /// Gives a killer time to strike within an epoch.
    private static final class SlowEngine extends ForwardingEngine {
        private static final long STEP_MILLIS = 20;

        SlowEngine(TrainingEngine engine) {
            super(engine);
        }

        @Override
        public double step(List<Batch> parts, StepSettings step) {
            try {
                Thread.sleep(STEP_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return super.step(parts, step);
        }
    }
}
