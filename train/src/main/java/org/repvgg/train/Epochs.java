package org.repvgg.train;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.repvgg.evaluate.Evaluation;
import org.repvgg.format.AtomicFile;
import org.repvgg.format.Checkpoint;
import org.repvgg.image.Preprocessing;
import org.repvgg.model.BranchedModel;
import org.repvgg.tensor.Tensor;
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
    private final Ranks ranks;
    private final DecodedImages images;
    private final TrainingEngine engine;
    private final TaughtTargets taught;
    private final @Nullable Desk desk;
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
    private String doing = "the start"; // for messages

    /// Where networks are judged and written: rank 0's.
    record Desk(RunFolder folder, Judge judge) {}

    /// @param desk null on other ranks than the first
    Epochs(
            Trainer.Job job,
            Ranks ranks,
            DecodedImages images,
            TrainingEngine engine,
            TaughtTargets taught,
            @Nullable Desk desk,
            StopSignal stop,
            TrainListener listener) {
        this.job = job;
        this.recipe = job.recipe();
        this.ranks = ranks;
        this.images = images;
        this.engine = engine;
        this.taught = taught;
        this.desk = desk;
        this.stop = stop;
        this.listener = listener;
        this.preprocessing = new Preprocessing(job.initial().input());
        this.steps = BatchFeeder.steps(images.size(), recipe);
        this.parts = BatchFeeder.batches(images.size(), recipe) / steps;
        this.schedule = Schedule.of(recipe, steps);
        this.patience = new Patience(recipe.patience());
        this.average =
                desk == null || recipe.averageDecay() == 0
                        ? null
                        : new WeightAverage(job.initial(), recipe.averageDecay());
    }

    TrainResult run(@Nullable TrainingState saved) throws IOException {
        try {
            if (saved != null) {
                restore(saved);
            }
            begin();
            BranchedModel result = epochs();
            return new TrainResult(result, history.epochs(), images.broken(), engine.description());
        } catch (LostRankException e) {
            checkStop(); // if all were told to stop, some were faster
            throw new TrainException(
                    "%s ends at %s: %s; %s"
                            .formatted(ranks.name(), doing, e.getMessage(), whatIsLeft()),
                    e);
        } catch (IllegalStateException e) {
            checkStop(); // libtorch is closed when the JVM goes down, which may come before a look
            throw e;
        }
    }

    /// Gives all ranks the state of rank 0.
    private void begin() {
        engine.join(ranks);
        if (ranks.world() > 1) {
            Map<String, Tensor> state = engine.state();
            state.values().forEach(tensor -> ranks.broadcast(tensor.unsafeArray()));
            engine.restore(state);
            tellHistory();
        }
    }

    private void tellHistory() {
        String csv = ranks.gather(history.exactCsv()).getFirst();
        if (!ranks.isFirst()) {
            history = History.parse(csv);
        }
    }

    private BranchedModel epochs() throws IOException {
        double before = history.seconds();
        long start = System.nanoTime();
        @Nullable BranchedModel last = null;
        for (int epoch = history.size() + 1; !isOver(); epoch++) {
            EpochProgress progress = train(epoch);
            engine.averageStatistics();
            int done = epoch;
            doing = "the evaluation of epoch " + epoch;
            last =
                    ranks.meet(
                            doing,
                            () ->
                                    desk == null
                                            ? engine.weights()
                                            : judge(desk, done, progress, before, start));
            tellHistory();
            double perEpoch = history.seconds() / epoch;
            listener.epochDone(
                    history.last(), recipe.epochs(), perEpoch * (recipe.epochs() - epoch));
        }
        if (desk == null) {
            return last == null ? engine.weights() : last;
        }
        if (last == null) { // all epochs were done; a kill may have come before this
            writeHistory(desk.folder);
        }
        return result(desk.folder, last);
    }

    /// What an epoch has made, judged and saved.
    private BranchedModel judge(
            Desk desk, int epoch, EpochProgress progress, double before, long start)
            throws IOException {
        BranchedModel model = model(epoch);
        Evaluation judged = desk.judge.evaluate(model, this::checkStop);
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
        save(desk.folder, model, best, judged);
        return model;
    }

    private boolean isOver() {
        return history.size() == recipe.epochs() || patience.isOver(history);
    }

    /// @param last epoch's network; null if all epochs were done before
    private BranchedModel result(RunFolder folder, @Nullable BranchedModel last)
            throws IOException {
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
            return desk == null ? new byte[0] : Files.readAllBytes(desk.folder.events());
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
        int size =
                ranks.synchronisedNorms() ? recipe.batchSize() : recipe.batchSize() / ranks.world();
        try (var batches =
                new StatisticsImages(
                        images,
                        recipe.withBatchSize(size), // as many as a norm has seen in training
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
                        ranks,
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
                doing = "step %s of epoch %s".formatted(step + 1, epoch);
                Ready ready = parts(batches, view);
                if (ready.images == 0) { // broken images all of them
                    continue;
                }
                long global = (long) (epoch - 1) * steps + step;
                double loss = step(ready.batches, global);
                checkLoss(loss, epoch, step, global);
                progress.add(loss, ready.images);
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

    /// The batches of a step.
    ///
    /// @param batches this rank's
    /// @param images how many there are in those of all ranks
    private record Ready(List<Batch> batches, long images) {}

    /// Leaves out the batches whose images are all broken, for this or for another rank.
    private Ready parts(BatchFeeder batches, int view) {
        boolean bothSides = recipe.rests(view) && recipe.augmentation().flip();
        List<Optional<Batch>> own = new ArrayList<>();
        double[] sums = new double[2 * parts]; // images, and ranks that have none
        for (int part = 0; part < parts; part++) {
            Numbered next = next(batches);
            own.add(next.batch().map(batch -> taught.of(batch, bothSides, view, next.number())));
            sums[2 * part] = own.get(part).map(Batch::count).orElse(0);
            sums[2 * part + 1] = own.get(part).isPresent() ? 0 : 1;
        }
        ranks.sum(sums);
        List<Batch> ready = new ArrayList<>();
        long images = 0;
        for (int part = 0; part < parts; part++) {
            if (sums[2 * part + 1] == 0) {
                ready.add(own.get(part).orElseThrow());
                images += (long) sums[2 * part];
            }
        }
        return new Ready(ready, images);
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
        if (recipe.averageDecay() > 0) {
            checkStop();
            engine.averageStatistics();
        }
        if (average != null) {
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
                : "epoch %s is saved %s"
                                .formatted(
                                        history.size(),
                                        desk == null
                                                ? "by rank 0"
                                                : "in " + desk.folder.checkpoint())
                        + goingOn(", ");
    }

    /// Best first: were the checkpoint first and the program killed in between, the resumed
    /// training would think the best is written.
    private void save(RunFolder folder, BranchedModel model, boolean best, Evaluation judged) {
        Map<String, String> config = TrainingState.config(job, ranks);
        try {
            if (best) {
                Checkpoint.write(folder.best(), described(model));
            }
            TrainingState.write(folder.checkpoint(), engine, average, history, config, began);
            events.add(history.last(), FoldedForms.kernels(model));
            writeHistory(folder);
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

    private void writeHistory(RunFolder folder) throws IOException {
        folder.write(folder.history(), history.csv());
        AtomicFile.write(folder.events(), events.bytes());
    }

    private String savedBefore() {
        int epoch = history.size() - 1;
        return epoch == 0
                ? "nothing is saved yet"
                : "the checkpoint of epoch %s is intact".formatted(epoch)
                        + goingOn(": make room, then ");
    }

    private String goingOn(String before) {
        String resumption = listener.resumption();
        return resumption.isEmpty() ? "" : before + resumption + " goes on from there";
    }

    private BranchedModel described(BranchedModel model) {
        Map<String, String> facts = new LinkedHashMap<>(TrainingState.config(job, ranks));
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

        void add(double loss, long count) {
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
