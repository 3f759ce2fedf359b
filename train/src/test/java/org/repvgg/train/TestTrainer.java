package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.data.Dataset;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.BranchedModel;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

final class TestTrainer {
    /// Coloured noise is nearly separable; chance is a quarter.
    private static final double LEARNT = 0.8;

    /// Of an epoch: 200 images in batches of 16.
    private static final int STEPS = 12;

    private static final Shape BATCH = Shape.of(16, 3, 8, 8);

    /// Of losses near 1: 60 steps that round some sums in another order.
    private static final double ROUNDED = 1e-4;

    @TempDir Path temporary;

    @Test
    void learnsAndLeavesItsFiles() throws IOException {
        TrainResult result = TinyTraining.run(TinyTraining.job(), temporary, false);

        assertThat(result.history()).hasSize(TinyTraining.EPOCHS);
        assertThat(result.history().getLast().top1()).isGreaterThan(LEARNT);
        assertThat(result.history().getLast().loss())
                .isLessThan(result.history().getFirst().loss());
        assertThat(temporary)
                .isDirectoryContaining("glob:**/config.json")
                .isDirectoryContaining("glob:**/last.ckpt")
                .isDirectoryContaining("glob:**/best.safetensors")
                .isDirectoryContaining("glob:**/history.csv")
                .isDirectoryContaining("glob:**/events.out.tfevents.repvgg");
        assertThat(Files.readAllLines(temporary.resolve("history.csv")))
                .hasSize(1 + TinyTraining.EPOCHS);
        BranchedModel best = Checkpoint.readBranched(temporary.resolve("best.safetensors"));
        assertThat(best.input().classNames()).contains("colour0");
        assertThat(best.provenance().facts()).containsEntry("recipe", "tiny");
    }

    @Test
    void accumulatedBatchesAreOneStep() throws IOException {
        Recipe whole = TinyTraining.recipe().toBuilder().cutMix(CutMix.NONE).build();
        Recipe halves = whole.toBuilder().batchSize(8).accumulation(2).build();
        Dataset data = TinyTraining.job().data();
        List<EpochRecord> expected =
                TinyTraining.run(TinyTraining.job(data, whole), temporary.resolve("a"), false)
                        .history();
        List<EpochRecord> accumulated =
                TinyTraining.run(TinyTraining.job(data, halves), temporary.resolve("b"), false)
                        .history();

        for (int epoch = 0; epoch < TinyTraining.EPOCHS; epoch++) {
            assertThat(accumulated.get(epoch).learningRate())
                    .isEqualTo(expected.get(epoch).learningRate());
            assertThat(accumulated.get(epoch).loss())
                    .isCloseTo(expected.get(epoch).loss(), within(ROUNDED));
        }
    }

    @Test
    void recomputesStatisticsOfTheLastEpochOverWholeBatches() throws IOException {
        assertThat(gathered(0)).isEmpty();
        assertThat(gathered(40)).containsExactlyElementsOf(Collections.nCopies(3, BATCH));
        assertThat(gathered(1000)).containsExactlyElementsOf(Collections.nCopies(STEPS, BATCH));
    }

    private List<Shape> gathered(int images) throws IOException {
        Recipe recipe = TinyTraining.recipe().toBuilder().statisticsImages(images).build();
        List<HeadEngine> engines = new ArrayList<>();
        EngineFactory factory =
                (initial, _) -> {
                    engines.add(new HeadEngine(initial));
                    return engines.getLast();
                };
        Trainer.Job job = TinyTraining.job(TinyTraining.job().data(), recipe);
        try (RunFolder run = RunFolder.open(temporary.resolve("gathered" + images))) {
            TrainResult _ = Trainer.train(job, factory, run, false, new TrainListener() {});
        }
        return engines.getLast().gathered();
    }

    @Test
    void sameSeedSameWeights() throws IOException {
        TrainResult first = TinyTraining.run(TinyTraining.job(), temporary.resolve("a"), false);
        TrainResult second = TinyTraining.run(TinyTraining.job(), temporary.resolve("b"), false);

        assertSame(first, second);
    }

    @Test
    void resumesAfterAnEpochToTheSameEnd() throws IOException {
        TrainResult whole = TinyTraining.run(TinyTraining.job(), temporary.resolve("a"), false);
        Path cut = temporary.resolve("b");
        stopAfterEpoch(cut, 2, false);
        stopAfterEpoch(cut, 3, true);
        TrainResult resumed = TinyTraining.run(TinyTraining.job(), cut, true);

        assertSame(whole, resumed);
        assertThat(Files.readAllBytes(cut.resolve("best.safetensors")))
                .as("best weights, but for the dates in them")
                .hasSameSizeAs(Files.readAllBytes(temporary.resolve("a/best.safetensors")));
    }

    /// A kill may come between the checkpoint of the last epoch and the history.
    @Test
    void aResumedEndWritesItsHistory() throws IOException {
        TinyTraining.run(TinyTraining.job(), temporary, false);
        Path history = temporary.resolve("history.csv");
        String whole = Files.readString(history);
        Files.delete(history);
        TinyTraining.run(TinyTraining.job(), temporary, true);

        assertThat(history).hasContent(whole);
    }

    @Test
    void learnsFromATeacherAndResumesToTheSameEnd() throws IOException {
        Teacher teacher =
                new Teacher(
                        TinyTraining.run(TinyTraining.job(), temporary.resolve("t"), false).model(),
                        1,
                        1,
                        2);
        Trainer.Job pupil = TinyTraining.job().taughtBy(teacher);
        TrainResult whole = TinyTraining.run(pupil, temporary.resolve("a"), false);
        Path cut = temporary.resolve("b");
        stopAfterEpoch(pupil, cut, 2, false);
        Trainer.Job alone = TinyTraining.job();

        assertThat(whole.history().getLast().top1()).isGreaterThan(LEARNT);
        assertThat(whole.model().provenance().facts()).containsEntry("teacher part", "1.0");
        assertThatThrownBy(() -> TinyTraining.run(alone, cut, true))
                .hasMessageContaining("teacher is none now and was tiny");
        assertSame(whole, TinyTraining.run(pupil, cut, true));
    }

    @Test
    void resumesAfterAStopWithinAnEpochToTheSameEnd() throws IOException {
        TrainResult whole = TinyTraining.run(TinyTraining.job(), temporary.resolve("a"), false);
        Path cut = temporary.resolve("b");
        TrainException stopped = stopInStep(cut, 2 * STEPS + 5);

        assertThat(stopped.wasStopped()).isTrue();
        assertThat(stopped).hasMessageContaining("stopped in epoch 3; epoch 2 is saved");
        assertSame(whole, TinyTraining.run(TinyTraining.job(), cut, true));
    }

    @Test
    void resumesFromNothingWhenStoppedInTheFirstEpoch() throws IOException {
        TrainResult whole = TinyTraining.run(TinyTraining.job(), temporary.resolve("a"), false);
        Path cut = temporary.resolve("b");
        TrainException stopped = stopInStep(cut, 3);

        assertThat(stopped).hasMessageContaining("no epoch was finished");
        assertSame(whole, TinyTraining.run(TinyTraining.job(), cut, true));
    }

    @Test
    void aFinishedTrainingSaysSo() throws IOException {
        TrainResult whole = TinyTraining.run(TinyTraining.job(), temporary, false);
        List<String> messages = new ArrayList<>();
        TrainResult again = TinyTraining.run(TinyTraining.job(), temporary, true, listen(messages));

        assertSame(whole, again);
        assertThat(messages).anyMatch(line -> line.startsWith("all 5 epochs are done already"));
    }

    @Test
    void refusesToStartOverATraining() throws IOException {
        TinyTraining.run(TinyTraining.job(), temporary, false);
        assertThatThrownBy(() -> TinyTraining.run(TinyTraining.job(), temporary, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("--resume");
    }

    @Test
    void refusesToResumeAnotherTraining() throws IOException {
        stopAfterEpoch(temporary, 1, false);
        Trainer.Job job = TinyTraining.job();
        Trainer.Job otherBatch = TinyTraining.job(job.data(), job.recipe().withBatchSize(8));
        Trainer.Job otherData = TinyTraining.job(ColouredImages.dataset(4, 160, 60), job.recipe());
        Trainer.Job otherSeed =
                new Trainer.Job(job.initial(), job.data(), job.recipe(), 8, job.threads());

        assertThatThrownBy(() -> TinyTraining.run(otherBatch, temporary, true))
                .hasMessageContaining("batch size is 8 now and was 16");
        assertThatThrownBy(() -> TinyTraining.run(otherData, temporary, true))
                .hasMessageContaining("data digest is 4-160-60 now and was 4-200-60");
        assertThatThrownBy(() -> TinyTraining.run(otherSeed, temporary, true))
                .hasMessageContaining("seed is 8 now and was 7");
    }

    @Test
    void endlessLossIsOneLineAndKeepsTheCheckpoint() throws IOException {
        EngineFactory engines =
                (initial, _) -> new FailingEngine(initial, STEPS + 4, () -> Double.NaN);
        TrainException failed = fail(engines);

        assertThat(failed)
                .hasMessageContainingAll("the loss is NaN in epoch 2, step 5", "--lr", "--resume");
        assertThat(TrainingState.read(temporary.resolve("last.ckpt")).epoch()).isEqualTo(1);
    }

    @Test
    void outOfMemoryIsOneLineAndKeepsTheCheckpoint() throws IOException {
        EngineFactory engines =
                (initial, _) ->
                        new FailingEngine(
                                initial,
                                STEPS + 4,
                                () -> {
                                    throw new OutOfMemoryError("tensor of 3 GB");
                                });
        TrainException failed = fail(engines);

        assertThat(failed).hasMessageContainingAll("batch of 16", "smaller --batch", "epoch 1");
        assertThat(TrainingState.read(temporary.resolve("last.ckpt")).epoch()).isEqualTo(1);
    }

    @Test
    void aFullDiskIsOneLineAndKeepsTheCheckpoint() throws IOException {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full));
        TrainListener fill =
                new TrainListener() {
                    @Override
                    public void epochDone(EpochRecord epoch, int epochs, double etaSeconds) {
                        if (epoch.epoch() == 2) {
                            link(temporary.resolve("last.ckpt.tmp"), full);
                        }
                    }
                };

        assertThatThrownBy(() -> TinyTraining.run(TinyTraining.job(), temporary, false, fill))
                .isInstanceOf(TrainException.class)
                .hasMessageContainingAll("last.ckpt", "No space left", "epoch 2", "--resume")
                .hasMessageNotContaining("\n");
        assertThat(TrainingState.read(temporary.resolve("last.ckpt")).epoch()).isEqualTo(2);
        TrainResult resumed = TinyTraining.run(TinyTraining.job(), temporary, true);
        assertThat(resumed.history()).hasSize(TinyTraining.EPOCHS);
    }

    @Test
    void namesClassesThatDoNotFit() {
        Trainer.Job job = TinyTraining.job();
        Dataset three = ColouredImages.dataset(3, 60, 30);
        Dataset one = ColouredImages.dataset(1, 60, 30);
        Trainer.Job wrong =
                new Trainer.Job(job.initial(), three, job.recipe(), job.seed(), job.threads());
        Trainer.Job single =
                new Trainer.Job(job.initial(), one, job.recipe(), job.seed(), job.threads());

        assertThatThrownBy(() -> TinyTraining.run(wrong, temporary, false))
                .hasMessageContaining("the network has 4 classes, colours has 3");
        assertThatThrownBy(() -> TinyTraining.run(single, temporary, false))
                .hasMessageContaining("at least two classes, colours has 1: [colour0]");
    }

    @Test
    void fewerImagesThanABatchMakeOneBatch() throws IOException {
        Dataset few = ColouredImages.dataset(4, 9, 8);
        TrainResult result =
                TinyTraining.run(TinyTraining.job(few, TinyTraining.recipe()), temporary, false);
        assertThat(result.history()).hasSize(TinyTraining.EPOCHS);
    }

    @Test
    void leavesBrokenImagesOutAndNamesThem() throws IOException {
        Dataset data =
                ColouredImages.dataset(
                        new ColouredImages(4, 200, 8, 1, Set.of(3, 17)),
                        new ColouredImages(4, 60, 8, 2, Set.of(5)));
        List<String> messages = new ArrayList<>();
        TrainResult result =
                TinyTraining.run(
                        TinyTraining.job(data, TinyTraining.recipe()),
                        temporary,
                        false,
                        listen(messages));

        assertThat(result.broken())
                .containsExactly("image3: not an image", "image17: not an image");
        assertThat(messages).contains("left out: image3: not an image");
        assertThat(messages).contains("1 of 60 images cannot be read and are left out");
        assertThat(result.history().getLast().top1()).isGreaterThan(LEARNT);
    }

    private static void assertSame(TrainResult a, TrainResult b) {
        Map<String, Tensor> first = ReferenceNames.tensors(a.model());
        Map<String, Tensor> second = ReferenceNames.tensors(b.model());
        assertThat(second.keySet()).isEqualTo(first.keySet());
        first.forEach(
                (name, tensor) ->
                        assertThat(second.get(name).toArray())
                                .as(name)
                                .isEqualTo(tensor.toArray()));
        assertThat(b.history().stream().map(TestTrainer::timeless))
                .isEqualTo(a.history().stream().map(TestTrainer::timeless).toList());
    }

    private static List<Number> timeless(EpochRecord record) {
        return List.of(record.epoch(), record.loss(), record.top1(), record.learningRate());
    }

    private static void stopAfterEpoch(Path folder, int last, boolean resume) {
        stopAfterEpoch(TinyTraining.job(), folder, last, resume);
    }

    private static void stopAfterEpoch(Trainer.Job job, Path folder, int last, boolean resume) {
        TrainListener stop =
                new TrainListener() {
                    @Override
                    public void epochDone(EpochRecord epoch, int epochs, double etaSeconds) {
                        if (epoch.epoch() == last) {
                            Thread.currentThread().interrupt();
                        }
                    }
                };
        assertThatThrownBy(() -> TinyTraining.run(job, folder, resume, stop))
                .isInstanceOf(TrainException.class);
    }

    private static TrainException stopInStep(Path folder, int step) throws IOException {
        EngineFactory engines =
                (initial, _) ->
                        new FailingEngine(
                                initial,
                                step,
                                () -> {
                                    Thread.currentThread().interrupt();
                                    return 1;
                                });
        try (RunFolder run = RunFolder.open(folder)) {
            return catchThrowableOfType(
                    TrainException.class,
                    () ->
                            Trainer.train(
                                    TinyTraining.job(),
                                    engines,
                                    run,
                                    false,
                                    new TrainListener() {}));
        }
    }

    private TrainException fail(EngineFactory engines) throws IOException {
        try (RunFolder run = RunFolder.open(temporary)) {
            return catchThrowableOfType(
                    TrainException.class,
                    () ->
                            Trainer.train(
                                    TinyTraining.job(),
                                    engines,
                                    run,
                                    false,
                                    new TrainListener() {}));
        }
    }

    private static void link(Path link, Path target) {
        try {
            Files.createSymbolicLink(link, target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static TrainListener listen(List<String> messages) {
        return new TrainListener() {
            @Override
            public void message(String line) {
                messages.add(line);
            }
        };
    }
}
