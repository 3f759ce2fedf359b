package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.evaluate.Agreement;
import org.repvgg.evaluate.Progress;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.ReferenceNames;
import org.repvgg.format.Safetensors;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.PlainModel;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.SeveralRanks.Outcome;
import org.repvgg.train.TrainingEngine.Batch;
import org.repvgg.train.TrainingEngine.StepSettings;
import org.repvgg.train.java.JavaEngine;
import org.repvgg.train.report.ReportData;

/// Trainings of two ranks, as threads, or with one in a process of its own.
final class TestRankedTraining {
    /// Of losses and weights near 1: 36 steps that round sums in another order, by 6e-8 each, which
    /// later steps enlarge; 5e-7 was seen.
    private static final double ROUNDED = 2e-5;

    /// Of losses near 1 on two engines, whose kernels differ more than the order of their sums.
    private static final double ENGINES = 1e-3;

    private static final int IMAGES = 8;
    private static final int SIDE = 8;
    private static final int CLASSES = 4;

    private static final int SPARE_SECONDS = 180;

    private static final String GOING_DOWN = "going down";

    @TempDir Path temporary;

    /// With mixing, mirrors, average and decay, at a rate for whole networks.
    private static Recipe recipe() {
        return TinyTraining.recipe().toBuilder()
                .epochs(3)
                .peakLearningRate(0.05)
                .mixup(new Mixup(0.4))
                .build();
    }

    private static Trainer.Job job() {
        return TinyTraining.job(TinyTraining.job().data(), recipe());
    }

    private static TrainResult train(
            Ranks ranks, String engine, Path folder, boolean resume, TrainListener listener)
            throws IOException {
        EngineFactory engines = TinyTraining.engines(engine);
        if (!ranks.isFirst()) {
            return Trainer.train(job(), ranks, engines, null, false, listener);
        }
        try (RunFolder run = RunFolder.open(folder)) {
            return Trainer.train(job(), ranks, engines, run, resume, listener);
        }
    }

    private static List<TrainResult> pair(
            boolean synchronisedNorms, String engine, Path folder, boolean resume)
            throws IOException {
        return SeveralRanks.run(
                2,
                synchronisedNorms,
                ranks -> train(ranks, engine, folder, resume, new TrainListener() {}));
    }

    @Test
    void synchronisedRanksTrainAsOneProcessWithTheWholeBatch() throws IOException {
        Path one = temporary.resolve("one");
        Path two = temporary.resolve("two");
        List<EpochRecord> expected =
                train(Ranks.alone(), "java", one, false, new TrainListener() {}).history();
        List<EpochRecord> history = pair(true, "java", two, false).getFirst().history();

        for (int epoch = 0; epoch < expected.size(); epoch++) {
            assertThat(history.get(epoch).loss())
                    .isCloseTo(expected.get(epoch).loss(), within(ROUNDED));
        }
        Map<String, Tensor> weights = TrainingState.read(one.resolve("last.ckpt")).engine();
        Map<String, Tensor> shared = TrainingState.read(two.resolve("last.ckpt")).engine();
        assertThat(difference(shared, weights)).isLessThan(ROUNDED);

        List<EpochRecord> own =
                pair(false, "java", temporary.resolve("own"), false).getFirst().history();
        assertThat(Math.abs(own.getLast().loss() - expected.getLast().loss()))
                .as("norms of half a batch are others")
                .isGreaterThan(ROUNDED);
    }

    /// With two equal gradients, their sum over twice the images is each of them over its own, to
    /// the bit. The network is large enough to have several sums on their way in the backward pass.
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void ranksThatSeeTheSameImagesStepAsOneDoes(int parts) throws IOException {
        Map<String, Tensor> expected = steps(Ranks.alone(), parts, 0, IMAGES);

        for (Map<String, Tensor> state :
                SeveralRanks.run(2, false, ranks -> steps(ranks, parts, 0, IMAGES))) {
            assertThat(difference(state, expected)).isEqualTo(0);
        }
    }

    @Test
    void ranksWithMoreAndFewerImagesStepAsOneWithAll() throws IOException {
        Map<String, Tensor> expected = steps(Ranks.alone(), 1, 0, IMAGES);

        for (Map<String, Tensor> state :
                SeveralRanks.run(
                        2,
                        true,
                        ranks ->
                                ranks.isFirst()
                                        ? steps(ranks, 1, 0, 3)
                                        : steps(ranks, 1, 3, IMAGES))) {
            assertThat(difference(state, expected)).isLessThan(ROUNDED);
        }
    }

    /// What three steps leave of a network, with images `from` to `to` of [#IMAGES] in every part.
    private static Map<String, Tensor> steps(Ranks ranks, int parts, int from, int to) {
        RepVggSpec spec =
                RepVggFamily.A0.spec().toBuilder()
                        .name("wide")
                        .classes(CLASSES)
                        .widths(List.of(16, 64, 256, 512))
                        .depths(List.of(1, 1, 1, 1))
                        .strides(List.of(1, 2, 2, 1))
                        .build();
        InputSpec input = InputSpec.centred(3, SIDE, SIDE);
        BranchedModel model = InitialWeights.random(spec, input, 1);
        try (TrainingEngine engine = JavaEngine.start(model, 1)) {
            engine.join(ranks);
            for (int step = 0; step < 3; step++) {
                List<Batch> all = new ArrayList<>();
                for (int part = 0; part < parts; part++) {
                    all.add(batch(spec, parts * step + part, from, to));
                }
                assertThat(engine.step(all, new StepSettings(0.02, 0.9, true, 5e-4, 1e-4)))
                        .isFinite();
            }
            return engine.state();
        }
    }

    /// Some images of a batch that is drawn whole.
    private static Batch batch(RepVggSpec spec, long seed, int from, int to) {
        Batch all = RandomBatch.of(spec, Shape.of(IMAGES, 3, SIDE, SIDE), seed);
        int pixels = 3 * SIDE * SIDE;
        return new Batch(
                Tensor.ofOwned(
                        Shape.of(to - from, 3, SIDE, SIDE),
                        Arrays.copyOfRange(all.images().unsafeArray(), from * pixels, to * pixels)),
                Tensor.ofOwned(
                        Shape.of(to - from, CLASSES),
                        Arrays.copyOfRange(
                                all.targets().unsafeArray(), from * CLASSES, to * CLASSES)));
    }

    /// The largest of two states' values under the same names.
    private static double difference(Map<String, Tensor> one, Map<String, Tensor> other) {
        assertThat(one.keySet()).isEqualTo(other.keySet());
        double largest = 0;
        for (String name : one.keySet()) {
            float[] a = one.get(name).toArray();
            float[] b = other.get(name).toArray();
            for (int i = 0; i < a.length; i++) {
                largest = Math.max(largest, Math.abs(a[i] - b[i]));
            }
        }
        return largest;
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "libtorch"})
    void ranksWithTheirOwnNormsTrainOneNetworkThatFolds(String engine) throws IOException {
        Path folder = temporary.resolve(engine);
        List<TrainResult> results = pair(false, engine, folder, false);

        assertThat(results.get(1).history()).isEqualTo(results.get(0).history());
        List<EpochRecord> history = results.getFirst().history();
        assertThat(history.getLast().loss()).isLessThan(history.getFirst().loss());
        Map<String, Tensor> state = TrainingState.read(folder.resolve("last.ckpt")).engine();
        Map<String, Tensor> other = ReferenceNames.tensors(results.get(1).model());
        assertThat(other).isNotEmpty();
        other.forEach(
                (name, tensor) ->
                        assertThat(tensor.toArray()).as(name).isEqualTo(state.get(name).toArray()));
        try (RunFolder run = RunFolder.open(folder)) {
            ReportData.Outcome outcome =
                    Finish.finish(results.getFirst(), job(), run, "", Progress.NONE);
            assertThat(outcome)
                    .isInstanceOfSatisfying(
                            ReportData.Outcome.Folded.class,
                            folded -> {
                                Agreement agreement = folded.comparison().agreement();
                                assertThat(agreement.holds()).isTrue();
                            });
            assertThat(Checkpoint.read(run.plain())).isInstanceOf(PlainModel.class);
        }
        assertThat(Files.readString(folder.resolve("config.json")))
                .contains("\"processes\": \"2, batch norms of each its own\"");
    }

    @Test
    void libtorchTrainsWithOthersAsJavaDoes() throws IOException {
        List<EpochRecord> java =
                pair(false, "java", temporary.resolve("java"), false).getFirst().history();
        List<EpochRecord> libtorch =
                pair(false, "libtorch", temporary.resolve("torch"), false).getFirst().history();
        for (int epoch = 0; epoch < java.size(); epoch++) {
            assertThat(libtorch.get(epoch).loss())
                    .isCloseTo(java.get(epoch).loss(), within(ENGINES));
        }
    }

    @Test
    void libtorchRefusesSynchronisedNorms() throws IOException {
        List<Outcome<TrainResult>> outcomes =
                SeveralRanks.outcomes(
                        2,
                        true,
                        SeveralRanks.LONG,
                        ranks ->
                                train(
                                        ranks,
                                        "libtorch",
                                        temporary.resolve("refused"),
                                        false,
                                        new TrainListener() {}));
        assertThat(outcomes.getFirst().failure())
                .hasMessageContainingAll("--sync-bn", "--engine java");
    }

    @Test
    void unequalSettingsAreRefused() throws IOException {
        List<Outcome<TrainResult>> outcomes =
                SeveralRanks.outcomes(
                        2,
                        false,
                        SeveralRanks.LONG,
                        ranks -> {
                            Recipe own = recipe().withPeakLearningRate(ranks.isFirst() ? 0.1 : 0.2);
                            Trainer.Job job = TinyTraining.job(TinyTraining.job().data(), own);
                            EngineFactory engines = TinyTraining.engines("java");
                            if (!ranks.isFirst()) {
                                return Trainer.train(
                                        job, ranks, engines, null, false, new TrainListener() {});
                            }
                            try (RunFolder run = RunFolder.open(temporary)) {
                                return Trainer.train(
                                        job, ranks, engines, run, false, new TrainListener() {});
                            }
                        });
        assertThat(outcomes)
                .extracting(Outcome::failure)
                .allSatisfy(
                        failure ->
                                assertThat(failure)
                                        .isInstanceOf(IllegalArgumentException.class)
                                        .hasMessageContainingAll(
                                                "peak learning rate", "0.1", "0.2"));
    }

    @Test
    void aKilledRankEndsTheOtherAndTheResumedPairEndsAsAWholeOne()
            throws IOException, InterruptedException {
        Path whole = temporary.resolve("whole");
        Path killed = temporary.resolve("killed");
        pair(false, "java", whole, false);
        int port = SeveralRanks.freePort();
        Process other = start(1, port, killed);
        TrainListener killer =
                new TrainListener() {
                    @Override
                    public void stepDone(
                            int epoch, int step, int steps, double loss, double imagesPerSecond) {
                        if (epoch == 2) {
                            other.destroyForcibly();
                        }
                    }
                };
        Callable<TrainResult> first =
                () -> {
                    try (Ranks ranks = where(0, port).join(false)) {
                        return train(ranks, "java", killed, false, killer);
                    }
                };
        Outcome<TrainResult> outcome = SeveralRanks.all(List.of(first)).getFirst();
        assertThat(other.waitFor()).isNotZero();

        assertThat(outcome.failure())
                .isInstanceOf(TrainException.class)
                .hasMessageContainingAll(
                        "rank 0 of 2 ends at",
                        "epoch",
                        "rank 1 (127.0.0.1, process " + other.pid() + ") is gone",
                        "is saved in " + killed.resolve("last.ckpt"),
                        "--resume goes on from there");
        int saved = TrainingState.read(killed.resolve("last.ckpt")).epoch();
        assertThat(saved).isBetween(1, recipe().epochs() - 1);

        pair(false, "java", killed, true);
        assertSameTensors(whole.resolve("last.ckpt"), killed.resolve("last.ckpt"));
    }

    /// The one that goes on waits until the other has been told to end, which is in a sum then and
    /// cannot leave it alone.
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aRankThatIsStoppedInASumEndsTheOtherAndTheResumedPairEndsAsAWholeOne(int stopped)
            throws IOException {
        Path whole = temporary.resolve("whole");
        Path folder = temporary.resolve("stopped");
        pair(false, "java", whole, false);
        int port = SeveralRanks.freePort();
        Process other = start(stopped, port, folder);
        BufferedReader said = other.inputReader();
        TrainListener stopper =
                new TrainListener() {
                    @Override
                    public void stepDone(
                            int epoch, int step, int steps, double loss, double imagesPerSecond) {
                        if (epoch == 2 && step == steps) {
                            other.toHandle().destroy(); // Process.destroy would close the streams
                            assertThat(line(said)).isEqualTo(GOING_DOWN);
                        }
                    }
                };
        Callable<TrainResult> staying =
                () -> {
                    try (Ranks ranks = where(1 - stopped, port).join(false)) {
                        return train(ranks, "java", folder, false, stopper);
                    }
                };
        Outcome<TrainResult> outcome = SeveralRanks.all(List.of(staying)).getFirst();

        assertThat(outcome.failure())
                .isInstanceOf(TrainException.class)
                .hasMessageContainingAll(
                        "rank %s of 2 ends at".formatted(1 - stopped),
                        "rank %s (127.0.0.1, process %s) is gone".formatted(stopped, other.pid()),
                        "epoch 1 is saved ",
                        "--resume goes on from there");
        assertThat(said.lines())
                .singleElement()
                .asString()
                .startsWith("stopped in epoch 2; epoch 1 is saved ");
        assertThat(other.onExit().join().exitValue()).isEqualTo(128 + 15);
        assertThat(Files.readString(temporary.resolve("errors"))).doesNotContain("xception");
        assertThat(TrainingState.read(folder.resolve("last.ckpt")).epoch()).isEqualTo(1);

        pair(false, "java", folder, true);
        assertSameTensors(whole.resolve("last.ckpt"), folder.resolve("last.ckpt"));
    }

    private Process start(int rank, int port, Path folder) throws IOException {
        return RankProcess.start(
                TestRankedTraining.class, temporary.resolve("errors"), rank, port, folder);
    }

    private static String line(BufferedReader reader) {
        try {
            return reader.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Rendezvous where(int rank, int port) {
        return SeveralRanks.rendezvous(rank, 2, port, Duration.ofSeconds(SPARE_SECONDS));
    }

    /// A rank of two, to be killed or stopped.
    ///
    /// @param arguments rank, port, folder
    public static void main(String[] arguments) throws IOException {
        TrainListener listener =
                new TrainListener() {
                    @Override
                    public void message(String line) {
                        if (line.startsWith("stopped")) {
                            System.out.println(line);
                        }
                    }
                };
        Thread hook = new Thread(() -> System.out.println(GOING_DOWN));
        int rank = Integer.parseInt(arguments[0]);
        try (Ranks ranks = where(rank, Integer.parseInt(arguments[1])).join(false)) {
            Runtime.getRuntime().addShutdownHook(hook);
            train(ranks, "java", Path.of(arguments[2]), false, listener);
        } catch (TrainException e) {
            if (!e.wasStopped()) {
                throw e;
            }
        }
    }

    private static void assertSameTensors(Path expected, Path actual) throws IOException {
        try (Safetensors a = Safetensors.open(expected);
                Safetensors b = Safetensors.open(actual)) {
            assertThat(b.entries().keySet()).isEqualTo(a.entries().keySet());
            for (String name : a.entries().keySet()) {
                assertThat(b.read(name).toArray()).as(name).isEqualTo(a.read(name).toArray());
            }
        }
    }
}
