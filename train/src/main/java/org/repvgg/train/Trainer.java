package org.repvgg.train;

import static org.repvgg.tensor.Checks.checkArgument;

import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.repvgg.data.Dataset;
import org.repvgg.data.LabelledImages;
import org.repvgg.format.CheckpointException;
import org.repvgg.format.JsonException;
import org.repvgg.image.Preprocessing;
import org.repvgg.model.BranchedModel;

/// Trains a network: order, schedule, average, checkpoints and history around an engine that only
/// takes steps.
///
/// Everything random follows from the seed, the epoch and the image, so a training that goes on
/// from the checkpoint of an epoch ends where an uninterrupted one ends.
///
/// ```java
/// try (RunFolder folder = RunFolder.open(Path.of("runs/a0"))) {
///     TrainResult result = Trainer.train(job, engines, folder, false, listener);
/// }
/// ```
public final class Trainer {
    private static final int SHOWN_LINES = 10;

    private Trainer() {}

    /// What to train.
    ///
    /// @param initial where to start from: spec, weights, input with the data's class names
    /// @param data what to learn from and what to judge by
    /// @param pretrained what `initial` was made from; none for fresh weights
    /// @param teacher whose answers it learns beside the labels; none to learn from labels alone
    /// @param threads for decoding, evaluation and the teacher
    public record Job(
            BranchedModel initial,
            Dataset data,
            Recipe recipe,
            @Nullable Pretrained pretrained,
            @Nullable Teacher teacher,
            long seed,
            int threads) {
        /// From fresh weights and labels alone.
        public Job(BranchedModel initial, Dataset data, Recipe recipe, long seed, int threads) {
            this(initial, data, recipe, null, null, seed, threads);
        }

        /// The same with a teacher.
        public Job taughtBy(Teacher value) {
            return new Job(initial, data, recipe, pretrained, value, seed, threads);
        }
    }

    /// Trains to the end, or goes on from the folder's checkpoint. Interrupting the thread stops it
    /// after the step at work.
    ///
    /// @param resume whether to go on from a checkpoint; without one it starts anew
    /// @throws IllegalArgumentException if network, data, recipe, teacher and folder do not fit
    ///   each other
    /// @throws TrainException if the training cannot go on or was stopped; what was written stays
    /// @throws IOException if data cannot be read or files cannot be written
    public static TrainResult train(
            Job job,
            EngineFactory engines,
            RunFolder folder,
            boolean resume,
            TrainListener listener)
            throws IOException {
        return train(job, Ranks.alone(), engines, folder, resume, listener);
    }

    /// The part of one rank in a training of several processes, each of which calls this with the
    /// same job. All begin with the state of rank 0, which evaluates and writes.
    ///
    /// @param folder rank 0's; null for the others
    /// @return of ranks other than the first: what their engine has in the end
    /// @throws IllegalArgumentException likewise, or if the ranks' jobs are not the same
    /// @throws TrainException likewise, or if another rank has failed or is gone
    public static TrainResult train(
            Job job,
            Ranks ranks,
            EngineFactory engines,
            @Nullable RunFolder folder,
            boolean resume,
            TrainListener listener)
            throws IOException {
        checkArgument(
                ranks.isFirst() == (folder != null),
                "rank 0 writes into a folder and no other does: rank %s has %s",
                ranks.rank(),
                folder == null ? "none" : folder.path());
        checkFits(job);
        Ranks.checkShares(job.recipe, ranks.world());
        try {
            ranks.checkSame(shared(job, ranks));
            Start start = ranks.meet("reading", () -> start(job, ranks, folder, resume, listener));
            ranks.checkSame(Map.of("images to learn from", "" + start.images.size()));
            return train(job, ranks, engines, start, listener);
        } catch (LostRankException e) {
            throw new TrainException(ranks.name() + " ends: " + e.getMessage(), e);
        }
    }

    /// What all ranks must have in common.
    private static Map<String, String> shared(Job job, Ranks ranks) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("version", Origin.version());
        facts.putAll(TrainingState.config(job, ranks));
        return facts;
    }

    /// What an epoch is made of.
    ///
    /// @param desk rank 0's; null for the others
    private record Start(
            @Nullable TrainingState saved, DecodedImages images, Epochs.@Nullable Desk desk) {}

    private static Start start(
            Job job,
            Ranks ranks,
            @Nullable RunFolder folder,
            boolean resume,
            TrainListener listener)
            throws IOException {
        @Nullable TrainingState saved =
                folder == null ? null : savedState(job, ranks, folder, resume, listener);
        DecodedImages images = read(job.data.train(), "learn from", job, listener);
        if (job.recipe.balanced()) {
            listener.message(EpochOrder.describe(images));
        }
        if (folder == null) {
            return new Start(null, images, null);
        }
        Judge judge = new Judge(read(job.data.test(), "judge by", job, listener), job.threads);
        return new Start(saved, images, new Epochs.Desk(folder, judge));
    }

    private static TrainResult train(
            Job job, Ranks ranks, EngineFactory engines, Start start, TrainListener listener)
            throws IOException {
        try (StopSignal stop = StopSignal.install()) { // not before: reading just ends with the JVM
            Map<String, String> choices = ranks.tell(choices(start.saved));
            TrainingEngine engine = engines.start(job.initial, choices);
            try {
                listener.message("engine: " + engine.description());
                freeze(job, engine, listener);
                multiplyGradients(job, engine, listener);
                if (start.desk != null) {
                    RunFolder folder = start.desk.folder();
                    folder.write(
                            folder.config(),
                            TrainingState.json(TrainingState.config(job, ranks, engine.choices())));
                }
                try (TaughtTargets taught = new TaughtTargets(job.teacher, job.threads)) {
                    return new Epochs(
                                    job,
                                    ranks,
                                    start.images,
                                    engine,
                                    taught,
                                    start.desk,
                                    stop,
                                    listener)
                            .run(start.saved);
                }
            } finally {
                stop.stopped();
                if (!stop.isEnding()) { // a native engine's gate is shut by then
                    engine.close();
                }
            }
        }
    }

    private static Map<String, String> choices(@Nullable TrainingState saved) {
        return saved == null ? Map.of() : saved.choices();
    }

    /// The first setting in which `job` is not the training in `folder`: `epochs is 2 now and was
    /// 1`; empty where it is the same, or where there is none.
    ///
    /// @throws CheckpointException if the folder's `config.json` is none
    public static Optional<String> difference(Job job, RunFolder folder) throws IOException {
        if (!Files.exists(folder.config())) {
            return Optional.empty();
        }
        try {
            Map<String, String> then = TrainingState.facts(Files.readString(folder.config()));
            return TrainingState.difference(then, TrainingState.config(job, Ranks.alone()));
        } catch (JsonException e) {
            throw new CheckpointException(folder.config(), String.valueOf(e.getMessage()));
        }
    }

    private static void checkFits(Job job) {
        Dataset data = job.data;
        List<String> names = data.train().classNames();
        checkArgument(
                names.size() >= 2,
                "a classifier needs at least two classes, %s has %s: %s",
                data.name(),
                names.size(),
                names);
        int classes = job.initial.spec().classes();
        checkArgument(
                classes == names.size(),
                "the network has %s classes, %s has %s: leave --classes out or give %s",
                classes,
                data.name(),
                names.size(),
                names.size());
        checkArgument(data.train().size() > 0, "%s has no images to learn from", data.name());
        checkArgument(data.test().size() > 0, "%s has no images to judge by", data.name());
        if (job.recipe.repOptimizer()) {
            RepOptimizer.check(job.initial.spec());
        }
        var _ = new FrozenStages(job.initial.spec(), job.recipe.frozenStages());
        if (job.teacher != null) {
            job.teacher.checkTeaches(job.initial);
        }
    }

    private static void freeze(Job job, TrainingEngine engine, TrainListener listener) {
        int stages = job.recipe.frozenStages();
        engine.freeze(stages);
        if (stages > 0) {
            listener.message("frozen: " + FrozenStages.text(stages));
        }
    }

    private static void multiplyGradients(Job job, TrainingEngine engine, TrainListener listener) {
        if (job.recipe.repOptimizer()) {
            engine.multiplyGradients(RepOptimizer.multipliers(job.initial.spec()));
            listener.message("gradients: " + RecipeFacts.MULTIPLIED);
        }
    }

    private static @Nullable TrainingState savedState(
            Job job, Ranks ranks, RunFolder folder, boolean resume, TrainListener listener)
            throws IOException {
        boolean exists = Files.exists(folder.checkpoint());
        checkArgument(
                resume || !exists,
                "%s holds a training already: --resume goes on with it, another --out starts anew",
                folder.path());
        if (!exists) {
            if (resume) {
                listener.message("no epoch is saved in " + folder.path() + ": starting anew");
            }
            return null;
        }
        TrainingState saved = TrainingState.read(folder.checkpoint());
        saved.checkSame(TrainingState.config(job, ranks));
        int epochs = job.recipe.epochs();
        boolean over = new Patience(job.recipe.patience()).isOver(saved.history());
        if (saved.epoch() == epochs) {
            listener.message("all " + epochs + " epochs are done already: " + folder.checkpoint());
        } else if (over) {
            listener.message("the training has ended already: " + folder.checkpoint());
        } else {
            listener.message("going on after epoch " + saved.epoch() + " of " + epochs);
        }
        return saved;
    }

    /// Names broken images, the first of them each on its line.
    private static DecodedImages read(
            LabelledImages split, String purpose, Job job, TrainListener listener)
            throws IOException {
        listener.message("reading " + split.size() + " images to " + purpose);
        AtomicInteger lines = new AtomicInteger();
        DecodedImages images =
                DecodedImages.of(
                        split,
                        new Preprocessing(job.initial.input()),
                        job.threads,
                        line -> {
                            if (lines.getAndIncrement() < SHOWN_LINES) {
                                listener.message(line);
                            }
                        });
        int broken = images.broken().size();
        if (broken > 0) {
            listener.message(
                    "%s of %s images cannot be read and are left out"
                            .formatted(broken, split.size()));
        }
        return images;
    }
}
