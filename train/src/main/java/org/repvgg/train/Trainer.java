package org.repvgg.train;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.repvgg.data.Dataset;
import org.repvgg.format.AtomicFile;
import org.repvgg.format.Checkpoint;
import org.repvgg.image.Preprocessing;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InputSpec;
import org.repvgg.train.TrainingEngine.Batch;
import org.repvgg.train.TrainingEngine.StepSettings;

/// Trains a network: order, schedule, average, checkpoints and history around an engine that only takes steps.
///
/// Everything random follows from the seed, the epoch and the image, so a training that goes on from the checkpoint of an
/// epoch ends where an uninterrupted one ends.
public final class Trainer {
    private static final long REPORT_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long STOP_SECONDS = 10;

    private final Job job;
    private final RunFolder folder;
    private final TrainListener listener;
    private final DecodedImages images;
    private final Judge judge;
    private final Schedule schedule;
    private final int steps;
    private volatile boolean stopping;

    /// What to train.
    ///
    /// @param initial where to start from: spec, weights, input with class names
    /// @param data    its class names are the initial model's
    /// @param threads for decoding and evaluation
    public record Job(BranchedModel initial, Dataset data, Recipe recipe, long seed, int threads) {}

    private Trainer(Job job, RunFolder folder, TrainListener listener) throws IOException {
        this.job = job;
        this.folder = folder;
        this.listener = listener;
        Preprocessing preprocessing = new Preprocessing(job.initial.input());
        listener.message("reading " + job.data.train().size() + " images to learn from");
        this.images = DecodedImages.of(job.data.train(), preprocessing, job.threads);
        report(images.broken());
        listener.message("reading " + job.data.test().size() + " images to judge by");
        this.judge =
                new Judge(DecodedImages.of(job.data.test(), preprocessing, job.threads), job.threads);
        this.steps = BatchFeeder.batches(images.size(), job.recipe);
        this.schedule = Schedule.of(job.recipe, steps);
    }

    /// Trains to the end, or goes on from the folder's checkpoint.
    ///
    /// @param resume whether to go on from a checkpoint; without one it starts anew
    /// @throws TrainException if the training cannot go on; what was written stays
    /// @throws IOException    if data cannot be read or files cannot be written
    public static TrainResult train(
            Job job, EngineFactory engines, RunFolder folder, boolean resume, TrainListener listener)
            throws IOException {
        checkFits(job);
        boolean goesOn = Files.exists(folder.checkpoint());
        if (goesOn && !resume) {
            throw new TrainException(
                    folder.path()
                            + " holds a training already: --resume goes on with it, another --out starts anew");
        }
        return new Trainer(job, folder, listener).run(engines, goesOn);
    }

    private static void checkFits(Job job) {
        int classes = job.data.train().classNames().size();
        if (classes < 2) {
            throw new TrainException(
                    "a classifier needs at least two classes, " + job.data.name() + " has " + classes);
        }
        if (job.initial.spec().classes() != classes) {
            throw new TrainException(
                    "the network has %s classes, %s has %s: leave --classes out or give %s"
                            .formatted(
                                    job.initial.spec().classes(), job.data.name(), classes, classes));
        }
    }

    private TrainResult run(EngineFactory engines, boolean goesOn) throws IOException {
        Map<String, String> config = TrainingState.config(job);
        @Nullable TrainingState saved = goesOn ? TrainingState.read(folder.checkpoint()) : null;
        if (saved != null) {
            saved.checkSame(config);
            listener.message("going on after epoch " + saved.epoch() + " of " + job.recipe.epochs());
        } else {
            folder.write(folder.config(), TrainingState.json(config));
        }
        var stopped = new CountDownLatch(1);
        Thread hook = Thread.ofPlatform().unstarted(() -> stop(stopped));
        Runtime.getRuntime().addShutdownHook(hook);
        try (TrainingEngine engine =
                engines.start(job.initial, saved == null ? Map.of() : saved.choices())) {
            listener.message("engine: " + engine.description());
            return epochs(engine, saved, config);
        } finally {
            stopped.countDown();
            if (!stopping) {
                Runtime.getRuntime().removeShutdownHook(hook);
            }
        }
    }

    /// Runs when the JVM goes down in the middle: lets the step at work finish.
    private void stop(CountDownLatch stopped) {
        stopping = true;
        try {
            boolean _ = stopped.await(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private TrainResult epochs(
            TrainingEngine engine, @Nullable TrainingState saved, Map<String, String> config)
            throws IOException {
        @Nullable WeightAverage average =
                job.recipe.averageDecay() == 0
                        ? null
                        : new WeightAverage(job.initial, job.recipe.averageDecay());
        History history = new History();
        Instant began = Instant.now();
        if (saved != null) {
            engine.restore(saved.engine());
            history = saved.history();
            began = saved.began();
            if (average != null) {
                average.restore(saved.average(), saved.looks());
            }
        }
        double before = history.epochs().isEmpty() ? 0 : history.epochs().getLast().seconds();
        long start = System.nanoTime();
        for (int epoch = history.epochs().size() + 1; epoch <= job.recipe.epochs(); epoch++) {
            Progress progress = epoch(engine, average, epoch);
            BranchedModel model = average == null ? engine.weights() : average.model();
            double top1 = judge.top1(model);
            boolean isBest = top1 > history.best();
            history.add(
                    new EpochRecord(
                            epoch,
                            progress.meanLoss(),
                            top1,
                            schedule.learningRate((long) epoch * steps - 1),
                            progress.imagesPerSecond(),
                            before + (System.nanoTime() - start) / 1e9));
            save(engine, average, history, config, began);
            if (isBest) {
                Checkpoint.write(folder.best(), described(model, history));
            }
            double perEpoch = history.epochs().getLast().seconds() / epoch;
            listener.epochDone(
                    history.epochs().getLast(),
                    job.recipe.epochs(),
                    perEpoch * (job.recipe.epochs() - epoch));
        }
        BranchedModel model = average == null ? engine.weights() : average.model();
        return new TrainResult(described(model, history), history.epochs(), engine.description());
    }

    private Progress epoch(TrainingEngine engine, @Nullable WeightAverage average, int epoch) {
        Progress progress = new Progress();
        InputSpec input = job.initial.input();
        int classes = job.initial.spec().classes();
        try (var batches =
                new BatchFeeder(images, job.recipe, input, classes, job.seed, epoch)) {
            for (int step = 0; step < steps; step++) {
                checkRunning(epoch);
                long global = (long) (epoch - 1) * steps + step;
                Batch batch = batches.next();
                double loss = step(engine, batch, global);
                if (!Double.isFinite(loss)) {
                    throw new TrainException(
                            "the loss is %s in epoch %s, step %s, at learning rate %.3g: try a smaller --lr; %s"
                                    .formatted(
                                            loss,
                                            epoch,
                                            step + 1,
                                            schedule.learningRate(global),
                                            whatIsLeft(epoch)));
                }
                progress.add(loss, batch.images().shape().dimension(0));
                if (average != null && (global + 1) % WeightAverage.INTERVAL == 0) {
                    average.look(engine.weights());
                }
                if (progress.isDue() || step + 1 == steps) {
                    listener.stepDone(epoch, step + 1, steps, loss, progress.imagesPerSecond());
                }
            }
        }
        return progress;
    }

    private double step(TrainingEngine engine, Batch batch, long global) {
        var settings =
                new StepSettings(
                        schedule.learningRate(global),
                        job.recipe.momentum(),
                        job.recipe.nesterov(),
                        job.recipe.weightDecay());
        try {
            return engine.step(batch, settings);
        } catch (OutOfMemoryError e) {
            throw new TrainException(
                    "out of memory with a batch of %s: try a smaller --batch"
                            .formatted(job.recipe.batchSize()),
                    e);
        }
    }

    private void checkRunning(int epoch) {
        if (stopping) {
            throw new TrainException("stopped in epoch " + epoch + "; " + whatIsLeft(epoch));
        }
    }

    private String whatIsLeft(int epoch) {
        return epoch == 1
                ? "nothing was saved yet"
                : "epoch " + (epoch - 1) + " is saved in " + folder.checkpoint() + ", --resume goes on";
    }

    private void save(
            TrainingEngine engine,
            @Nullable WeightAverage average,
            History history,
            Map<String, String> config,
            Instant began)
            throws IOException {
        TrainingState.write(folder.checkpoint(), engine, average, history, config, began);
        folder.write(folder.history(), history.csv());
        AtomicFile.write(
                folder.events(), EventFile.of(history.epochs(), began.toEpochMilli() / 1e3));
    }

    private BranchedModel described(BranchedModel model, History history) {
        Map<String, String> facts = new LinkedHashMap<>(TrainingState.config(job));
        facts.remove("spec");
        EpochRecord last = history.epochs().getLast();
        facts.put("epoch", last.epoch() + " of " + job.recipe.epochs());
        facts.put("top1", Double.toString(last.top1()));
        facts.put("training seconds", Long.toString(Math.round(last.seconds())));
        return model.withInput(job.initial.input()).withProvenance(Origin.here().with(facts));
    }

    private void report(List<String> broken) {
        if (!broken.isEmpty()) {
            listener.message(broken.size() + " images cannot be read and are left out:");
            broken.stream().limit(10).forEach(line -> listener.message("  " + line));
        }
    }

    /// Loss and rate within an epoch.
    private static final class Progress {
        private final long start = System.nanoTime();
        private long lastReport = start;
        private double losses;
        private long seen;

        void add(double loss, int count) {
            losses += loss * count;
            seen += count;
        }

        double meanLoss() {
            return losses / seen;
        }

        double imagesPerSecond() {
            return seen / ((System.nanoTime() - start) / 1e9);
        }

        boolean isDue() {
            long now = System.nanoTime();
            if (now - lastReport < REPORT_NANOS) {
                return false;
            }
            lastReport = now;
            return true;
        }
    }
}
