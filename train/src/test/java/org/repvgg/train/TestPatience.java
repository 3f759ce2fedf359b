package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.BranchedModel;
import org.repvgg.tensor.Tensor;

final class TestPatience {
    /// Too small to change an answer, large enough to change weights.
    private static final double CREEPING = 1e-4;

    @TempDir Path temporary;

    private static History history(double... top1) {
        History history = new History();
        for (double value : top1) {
            history.add(new EpochRecord(history.size() + 1, 1, value, 0.1, 100, 1));
        }
        return history;
    }

    @Test
    void waitsForABetterEpoch() {
        var two = new Patience(2);

        assertThat(two.isOver(history())).isFalse();
        assertThat(two.isOver(history(0.5))).isFalse();
        assertThat(two.isOver(history(0.5, 0.4))).isFalse();
        assertThat(two.isOver(history(0.5, 0.4, 0.45))).isTrue();
        assertThat(two.isOver(history(0.5, 0.4, 0.6))).isFalse();
        assertThat(two.isOver(history(0.5, 0.4, 0.6, 0.6))).isFalse();
        assertThat(two.isOver(history(0.5, 0.4, 0.6, 0.6, 0.6))).as("equal is no better").isTrue();
        assertThat(two.isOver(history(0.5, Double.NaN, Double.NaN))).isTrue();
        assertThat(new Patience(0).isOver(history(0.5, 0.4, 0.3, 0.2))).isFalse();
    }

    @Test
    void saysWhy() {
        assertThat(new Patience(2).reason(history(0.5, 0.91236, 0.4, 0.45), 80))
                .isEqualTo(
                        "after epoch 4 of 80: no better top-1 in 2 epochs than the 91.24 % of epoch 2");
        assertThat(new Patience(2)).hasToString("2 epochs");
        assertThat(new Patience(0)).hasToString("none");
    }

    private static Trainer.Job job(double rate, int patience) {
        Trainer.Job job = TinyTraining.job();
        Recipe recipe = job.recipe().toBuilder().peakLearningRate(rate).patience(patience).build();
        return TinyTraining.job(job.data(), recipe);
    }

    @Test
    void aTrainingThatStandsStillEndsWithItsBestEpoch() throws IOException {
        Path folder = temporary.resolve("a");
        List<String> messages = new ArrayList<>();
        TrainResult result = TinyTraining.run(job(CREEPING, 2), folder, false, listen(messages));

        assertThat(result.history()).hasSize(3);
        assertThat(messages.getLast())
                .startsWith("ended after epoch 3 of 5: no better top-1 in 2 epochs than the ")
                .endsWith(" % of epoch 1; the result is the network of epoch 1");
        assertThat(result.model().provenance().facts())
                .containsEntry("epoch", "1 of 5")
                .containsEntry("patience", "2 epochs")
                .hasEntrySatisfying(
                        "ended", why -> assertThat(why).startsWith("after epoch 3 of 5"));
        assertSame(result, Checkpoint.readBranched(folder.resolve("best.safetensors")));
        Tensor last =
                TrainingState.read(folder.resolve("last.ckpt")).average().get("linear.weight");
        assertThat(result.model().head().weight().toArray()).isNotEqualTo(last.toArray());
    }

    @Test
    void aResumedTrainingHasWaitedAsLong() throws IOException {
        TrainResult whole = TinyTraining.run(job(CREEPING, 2), temporary.resolve("a"), false);
        Path cut = temporary.resolve("b");
        TrainListener stop =
                new TrainListener() {
                    @Override
                    public void epochDone(EpochRecord epoch, int epochs, double etaSeconds) {
                        if (epoch.epoch() == 2) {
                            Thread.currentThread().interrupt();
                        }
                    }
                };
        assertThatThrownBy(() -> TinyTraining.run(job(CREEPING, 2), cut, false, stop))
                .isInstanceOf(TrainException.class);
        assertThatThrownBy(() -> TinyTraining.run(job(CREEPING, 3), cut, true))
                .hasMessageContaining("patience is 3 epochs now and was 2 epochs");
        TrainResult resumed = TinyTraining.run(job(CREEPING, 2), cut, true);
        List<String> messages = new ArrayList<>();
        TrainResult again = TinyTraining.run(job(CREEPING, 2), cut, true, listen(messages));

        assertThat(resumed.history()).hasSize(3);
        assertSame(resumed, whole.model());
        assertThat(again.history()).hasSize(3);
        assertSame(again, whole.model());
        assertThat(messages)
                .anyMatch(line -> line.startsWith("the training has ended already"))
                .anyMatch(line -> line.startsWith("ended after epoch 3 of 5"));
    }

    @Test
    void aTrainingThatLearnsTakesAllEpochs() throws IOException {
        TrainResult result =
                TinyTraining.run(
                        job(TinyTraining.recipe().peakLearningRate(), 4), temporary, false);

        assertThat(result.history()).hasSize(TinyTraining.EPOCHS);
        assertThat(result.model().provenance().facts()).doesNotContainKey("ended");
        assertSame(result, Checkpoint.readBranched(temporary.resolve("best.safetensors")));
    }

    private static void assertSame(TrainResult actual, BranchedModel expected) {
        Map<String, Tensor> tensors = ReferenceNames.tensors(expected);
        ReferenceNames.tensors(actual.model())
                .forEach(
                        (name, tensor) ->
                                assertThat(tensor.toArray())
                                        .as(name)
                                        .isEqualTo(tensors.get(name).toArray()));
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
