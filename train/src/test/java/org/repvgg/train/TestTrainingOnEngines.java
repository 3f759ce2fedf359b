package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.data.Dataset;
import org.repvgg.data.Datasets;
import org.repvgg.data.OpenOptions;
import org.repvgg.evaluate.Progress;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.report.ReportData.Outcome;

/// The whole way on every engine: train on drawn shapes, stop, go on, fold, compare.
final class TestTrainingOnEngines {
    private static final int EPOCHS = 3;

    /// Stages of the varied training.
    private static final int FROZEN = 2;

    @TempDir Path temporary;

    @ParameterizedTest
    @ValueSource(strings = {"libtorch", "java"})
    void trainsResumesAndFolds(String engine) throws IOException {
        try (Dataset shapes =
                Datasets.open("shapes", OpenOptions.standard().withShapes(640, 200))) {
            Trainer.Job job = job(shapes);
            TrainResult whole = run(engine, job, temporary.resolve("a"), false, EPOCHS);
            Path cut = temporary.resolve("b");
            assertThat(run(engine, job, cut, false, 1).history()).hasSize(1);
            TrainResult resumed = run(engine, job, cut, true, EPOCHS);

            assertSame(resumed, whole);
            assertThat(whole.history().getLast().loss())
                    .isLessThan(whole.history().getFirst().loss());
            finish(job, resumed, cut);
        }
    }

    /// With everything on that recipes leave out.
    @ParameterizedTest
    @ValueSource(strings = {"libtorch", "java"})
    void aVariedTrainingResumesToTheSameEnd(String engine) throws IOException {
        try (Dataset shapes =
                Datasets.open("shapes", OpenOptions.standard().withShapes(320, 100))) {
            Trainer.Job job =
                    job(
                            shapes,
                            Recipe.quick().withEpochs(2).withBatchSize(16).toBuilder()
                                    .accumulation(2)
                                    .normBiasRate(4)
                                    .bodyRate(0.5)
                                    .balanced(true)
                                    .frozenStages(FROZEN)
                                    .statisticsImages(100)
                                    .cutMix(new CutMix(0.5))
                                    .mixup(new Mixup(0.2))
                                    .build());
            TrainResult whole = run(engine, job, temporary.resolve("a"), false, 2);
            Path cut = temporary.resolve("b");
            assertThat(run(engine, job, cut, false, 1).history()).hasSize(1);
            assertSame(run(engine, job, cut, true, 2), whole);
            assertSame(run(engine, job, cut, true, 2), whole);
            assertFrozen(job.initial(), whole.model());
            Map<String, Tensor> average =
                    TrainingState.read(temporary.resolve("a/last.ckpt")).average();
            String statistic = "stage2.0.rbr_dense.bn.running_var";
            assertThat(ReferenceNames.tensors(whole.model()).get(statistic).toArray())
                    .isNotEqualTo(average.get(statistic).toArray());
            if (whole.history().getLast().top1() > whole.history().getFirst().top1()) {
                assertSameTensors(
                        Checkpoint.readBranched(temporary.resolve("a/best.safetensors")),
                        whole.model());
            }
            finish(job, whole, cut);
            assertThat(cut.resolve("report.html")).content().contains("stem to stage1");
        }
    }

    private static void assertSame(TrainResult actual, TrainResult expected) {
        assertSameTensors(actual.model(), expected.model());
    }

    private static void assertSameTensors(BranchedModel actual, BranchedModel expected) {
        Map<String, Tensor> tensors = ReferenceNames.tensors(expected);
        ReferenceNames.tensors(actual)
                .forEach(
                        (name, tensor) ->
                                assertThat(tensor.toArray())
                                        .as(name)
                                        .isEqualTo(tensors.get(name).toArray()));
    }

    private static void assertFrozen(BranchedModel initial, BranchedModel trained) {
        var frozen = new FrozenStages(initial.spec(), FROZEN);
        Map<String, Tensor> before = ReferenceNames.tensors(initial);
        ReferenceNames.tensors(trained)
                .forEach(
                        (name, tensor) ->
                                assertThat(
                                                Arrays.equals(
                                                        tensor.toArray(),
                                                        before.get(name).toArray()))
                                        .as(name)
                                        .isEqualTo(frozen.contains(name)));
    }

    private static void finish(Trainer.Job job, TrainResult result, Path path) throws IOException {
        try (RunFolder folder = RunFolder.open(path)) {
            Outcome outcome = Finish.finish(result, job, folder, "test", Progress.NONE);
            assertThat(outcome).isInstanceOf(Outcome.Folded.class);
            assertThat(((Outcome.Folded) outcome).comparison().agreement().holds()).isTrue();
            assertThat(Files.exists(folder.plain())).isTrue();
            assertThat(Files.exists(folder.report())).isTrue();
        }
    }

    private static Trainer.Job job(Dataset data) {
        return job(data, Recipe.quick().withEpochs(EPOCHS).withBatchSize(32));
    }

    private static Trainer.Job job(Dataset data, Recipe recipe) {
        List<String> names = data.train().classNames();
        var spec =
                RepVggFamily.A0.spec().toBuilder()
                        .classes(names.size())
                        .widths(List.of(8, 8, 16, 32, 64))
                        .depths(List.of(1, 1, 2, 1, 1))
                        .build();
        InputSpec input = InputSpec.centred(3, 32, 32).withClassNames(names);
        return new Trainer.Job(InitialWeights.random(spec, input, 1), data, recipe, 1, 1);
    }

    /// Stops after epoch `last`, as if somebody had pressed Ctrl-C.
    private static TrainResult run(
            String engine, Trainer.Job job, Path path, boolean resume, int last)
            throws IOException {
        EngineFactory engines = Engines.of(engine, "cpu", "fp32", 1, 32);
        TrainListener stop =
                new TrainListener() {
                    @Override
                    public void epochDone(EpochRecord epoch, int epochs, double etaSeconds) {
                        if (epoch.epoch() == last && last < epochs) {
                            Thread.currentThread().interrupt();
                        }
                    }
                };
        try (RunFolder folder = RunFolder.open(path)) {
            return Trainer.train(job, engines, folder, resume, stop);
        } catch (TrainException e) {
            assertThat(e.wasStopped()).isTrue();
            History history = TrainingState.read(path.resolve("last.ckpt")).history();
            return new TrainResult(job.initial(), history.epochs(), List.of(), "stopped");
        }
    }
}
