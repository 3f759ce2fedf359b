package org.repvgg.train;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.repvgg.evaluate.Evaluation;
import org.repvgg.format.AtomicFile;
import org.repvgg.format.Checkpoint;
import org.repvgg.image.Preprocessing;
import org.repvgg.model.BranchedModel;
import org.repvgg.train.BatchFeeder.Numbered;
import org.repvgg.train.TrainingEngine.Batch;
import org.repvgg.train.TrainingEngine.StepSettings;
import org.repvgg.train.report.ReportData;
import org.repvgg.train.report.ReportWriter;

/// The epochs of one training, from the first or from a saved one to the last.
final class Epochs {
    private static final long REPORT_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final Trainer.Job job;
    private final Recipe recipe;
    private final DecodedImages images;
    private final Judge judge;
    private final TrainingEngine engine;
    private final TaughtTargets taught;
    private final RunFolder folder;
    private final StopSignal stop;
    private final TrainListener listener;
    private final Preprocessing preprocessing;
    private final Schedule schedule;
    private final int steps;
    private final int parts;
    private final Patience patience;
    private final @Nullable WeightAverage average;
    private History history = new History();
    private Instant began = Instant.now();
    private EventFile events = EventFile.begun(seconds(began));

    Epochs(
            Trainer.Job job,
            DecodedImages images,
            Judge judge,
            TrainingEngine engine,
            TaughtTargets taught,
            RunFolder folder,
            StopSignal stop,
            TrainListener listener) {
        this.job = job;
        this.recipe = job.recipe();
        this.images = images;
        this.judge = judge;
        this.engine = engine;
        this.taught = taught;
        this.folder = folder;
        this.stop = stop;
        this.listener = listener;
        this.preprocessing = new Preprocessing(job.initial().input());
        this.steps = BatchFeeder.steps(images.size(), recipe);
        this.parts = BatchFeeder.batches(images.size(), recipe) / steps;
        this.schedule = Schedule.of(recipe, steps);
        this.patience = new Patience(recipe.patience());
        this.average =
                recipe.averageDecay() == 0
                        ? null
                        : new WeightAverage(job.initial(), recipe.averageDecay());
    }

    TrainResult run(@Nullable TrainingState saved) throws IOException {
        if (saved != null) {
            restore(saved);
        }
        double before = history.seconds();
        long start = System.nanoTime();
        @Nullable BranchedModel last = null;
        for (int epoch = history.size() + 1; !isOver(); epoch++) {
            EpochProgress progress = train(epoch);
            BranchedModel model = model(epoch);
            last = model;
            Evaluation judged = judge.evaluate(model, this::checkStop);
            double top1 = judged.top1();
            boolean best = top1 > history.best();
            history.add(
                    new EpochRecord(
                            epoch,
                            progress.meanLoss(),
                            top1,
                            schedule.learningRate((long) epoch * steps - 1),
                            progress.imagesPerSecond(),
                            before + (System.nanoTime() - start) / 1e9));
            save(model, best, judged);
            double perEpoch = history.seconds() / epoch;
            listener.epochDone(
                    history.last(), recipe.epochs(), perEpoch * (recipe.epochs() - epoch));
        }
        if (last == null) { // all epochs were done; a kill may have come before this
            writeHistory();
        }
        return new TrainResult(
                result(last), history.epochs(), images.broken(), engine.description());
    }

    private boolean isOver() {
        return history.size() == recipe.epochs() || patience.isOver(history);
    }

    /// @param last epoch's network; null if all epochs were done before
    private BranchedModel result(@Nullable BranchedModel last) throws IOException {
        if (patience.isNone()) {
            return described(last == null ? model(recipe.epochs()) : last);
        }
        BranchedModel best = Checkpoint.readBranched(folder.best());
        String result = "the result is the network of epoch " + history.bestEpoch();
        if (history.size() == recipe.epochs()) {
            listener.message(result);
            return best;
        }
        String reason = patience.reason(history, recipe.epochs());
        listener.message("ended " + reason + "; " + result);
        return best.withProvenance(best.provenance().with(Map.of("ended", reason)));
    }

    private static double seconds(Instant time) {
        return time.toEpochMilli() / 1e3;
    }

    /// The events written before; none where the file is gone, which is not worth a training.
    private byte[] written() {
        try {
            return Files.readAllBytes(folder.events());
        } catch (IOException _) {
            return new byte[0];
        }
    }

    private void restore(TrainingState saved) {
        engine.restore(saved.engine());
        history = saved.history();
        began = saved.began();
        events = EventFile.of(written(), history.epochs(), seconds(began));
        if (average != null) {
            average.restore(saved.average(), saved.looks());
        }
    }

    /// What an epoch has made: the average if there is one, in the end with recomputed statistics.
    private BranchedModel model(int epoch) {
        BranchedModel model = average == null ? engine.weights() : average.model();
        return epoch == recipe.epochs() && recipe.statisticsImages() > 0
                ? withStatistics(model)
                : model;
    }

    private BranchedModel withStatistics(BranchedModel model) {
        listener.message("recomputing the running statistics");
        try (var batches =
                new StatisticsImages(
                        images,
                        recipe,
                        preprocessing,
                        job.initial().spec().classes(),
                        job.seed(),
                        images.kept() ? 1 : job.threads(),
                        this::checkStop)) {
            if (!batches.hasNext()) {
                throw new TrainException("no batch for statistics has two readable images");
            }
            return engine.recomputeStatistics(model, batches);
        } catch (CancellationException e) {
            checkStop(); // the interrupt is why
            throw e;
        } catch (OutOfMemoryError e) {
            throw outOfMemory(e);
        }
    }

    private EpochProgress train(int epoch) {
        EpochProgress progress = new EpochProgress();
        int view = taught.view(epoch, recipe);
        try (var batches =
                new BatchFeeder(
                        images,
                        recipe,
                        preprocessing,
                        job.initial().spec().classes(),
                        job.seed(),
                        epoch,
                        view,
                        images.kept() ? 1 : job.threads())) {
            int unseen = 0; // steps that the average has not looked at
            for (int step = 0; step < steps; step++) {
                checkStop();
                List<Batch> ready = parts(batches, view);
                if (ready.isEmpty()) { // broken images all of them
                    continue;
                }
                long global = (long) (epoch - 1) * steps + step;
                double loss = step(ready, global);
                checkLoss(loss, epoch, step, global);
                progress.add(loss, Batch.images(ready));
                unseen++;
                if (unseen == WeightAverage.INTERVAL) {
                    look(unseen);
                    unseen = 0;
                }
                if (progress.isDue() || step + 1 == steps) {
                    listener.stepDone(epoch, step + 1, steps, loss, progress.imagesPerSecond());
                }
            }
            if (unseen > 0) { // however short the epoch is, the average has seen its end
                look(unseen);
            }
        }
        checkStop();
        if (progress.seen == 0) {
            throw new TrainException("no batch of epoch " + epoch + " has two readable images");
        }
        return progress;
    }

    /// The batches of a step, without those whose images are all broken.
    private List<Batch> parts(BatchFeeder batches, int view) {
        boolean bothSides = recipe.rests(view) && recipe.augmentation().flip();
        List<Batch> ready = new ArrayList<>();
        for (int part = 0; part < parts; part++) {
            Numbered next = next(batches);
            next.batch()
                    .map(batch -> taught.of(batch, bothSides, view, next.number()))
                    .ifPresent(ready::add);
        }
        return ready;
    }

    private Numbered next(BatchFeeder batches) {
        try {
            return batches.next();
        } catch (CancellationException e) {
            checkStop(); // the interrupt is why
            throw e;
        }
    }

    private void look(int unseen) {
        if (average != null) {
            checkStop();
            average.look(engine.weights(), unseen);
        }
    }

    private double step(List<Batch> batches, long global) {
        var settings =
                new StepSettings(
                        schedule.learningRate(global),
                        recipe.momentum(),
                        recipe.nesterov(),
                        recipe.weightDecay(),
                        recipe.identityDecay(),
                        recipe.normBiasRate(),
                        recipe.bodyRate());
        try {
            return engine.step(batches, settings);
        } catch (OutOfMemoryError e) {
            throw outOfMemory(e);
        }
    }

    private TrainException outOfMemory(OutOfMemoryError e) {
        return new TrainException(
                "out of memory with a batch of %s: try a smaller --batch with --accumulate, or give"
                                .formatted(recipe.batchSize())
                        + " Java more with REPVGG_OPTS=-Xmx12g; "
                        + whatIsLeft(),
                e);
    }

    private void checkLoss(double loss, int epoch, int step, long global) {
        if (!Double.isFinite(loss)) {
            throw new TrainException(
                    "the loss is %s in epoch %s, step %s, at learning rate %.3g: try a smaller --lr; %s"
                            .formatted(
                                    loss,
                                    epoch,
                                    step + 1,
                                    schedule.learningRate(global),
                                    whatIsLeft()));
        }
    }

    private void checkStop() {
        if (stop.isRequested()) {
            int epoch = history.size() + 1;
            String when = epoch <= recipe.epochs() ? "in epoch " + epoch : "after the last epoch";
            String line = "stopped " + when + "; " + whatIsLeft();
            listener.message(line);
            throw TrainException.stopped(line);
        }
    }

    private String whatIsLeft() {
        return history.size() == 0
                ? "no epoch was finished, so nothing is saved"
                : "epoch %s is saved in %s, %s goes on from there"
                        .formatted(history.size(), folder.checkpoint(), listener.resumption());
    }

    /// Best first: were the checkpoint first and the program killed in between, the resumed
    /// training would think the best is written.
    private void save(BranchedModel model, boolean best, Evaluation judged) {
        Map<String, String> config = TrainingState.config(job);
        try {
            if (best) {
                Checkpoint.write(folder.best(), described(model));
            }
            TrainingState.write(folder.checkpoint(), engine, average, history, config, began);
            events.add(history.last(), FoldedForms.kernels(model));
            writeHistory();
            ReportWriter.write(folder.report(), report(model, judged));
        } catch (IOException e) {
            throw new TrainException(e.getMessage() + "; " + savedBefore(), e);
        }
    }

    /// Without the command and without pictures: those come at the end.
    private ReportData report(BranchedModel model, Evaluation judged) {
        return TrainingReport.of(
                job,
                new ReportData.InTraining(judged, recipe.epochs()),
                history.epochs(),
                List.of(),
                "",
                described(model).provenance());
    }

    private void writeHistory() throws IOException {
        folder.write(folder.history(), history.csv());
        AtomicFile.write(folder.events(), events.bytes());
    }

    private String savedBefore() {
        int epoch = history.size() - 1;
        return epoch == 0
                ? "nothing is saved yet"
                : "the checkpoint of epoch %s is intact: make room, then %s goes on from there"
                        .formatted(epoch, listener.resumption());
    }

    private BranchedModel described(BranchedModel model) {
        Map<String, String> facts = new LinkedHashMap<>(TrainingState.config(job));
        facts.remove("spec");
        EpochRecord last = history.last();
        facts.put("engine", engine.description());
        facts.put("epoch", last.epoch() + " of " + recipe.epochs());
        facts.put("top1", Double.toString(last.top1()));
        facts.put("training seconds", Long.toString(Math.round(last.seconds())));
        return model.withInput(job.initial().input()).withProvenance(Origin.here().with(facts));
    }

    /// Loss and rate within an epoch.
    private static final class EpochProgress {
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
