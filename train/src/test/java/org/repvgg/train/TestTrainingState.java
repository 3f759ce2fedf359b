package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.CheckpointException;
import org.repvgg.format.SafetensorsWriter;

final class TestTrainingState {
    @TempDir Path temporary;

    @Test
    void comesBackAsItWas() throws IOException {
        Trainer.Job job = TinyTraining.job();
        Path file = temporary.resolve("last.ckpt");
        History history = new History();
        history.add(new EpochRecord(1, 2.0 / 3, Double.NaN, 1e-9 / 7, 1000.0 / 3, 17));
        history.add(new EpochRecord(2, Math.PI, 2.0 / 3, 0.1 + 0.2, 1e9, 1e-3));
        Instant began = Instant.now().truncatedTo(ChronoUnit.NANOS);
        try (HeadEngine engine = new HeadEngine(job.initial())) {
            WeightAverage average = new WeightAverage(job.initial(), 0.9);
            average.look(job.initial(), WeightAverage.INTERVAL);
            TrainingState.write(
                    file,
                    engine,
                    average,
                    history,
                    TrainingState.config(job, Ranks.alone()),
                    began);
            TrainingState state = TrainingState.read(file);

            assertThat(state.history().epochs()).isEqualTo(history.epochs());
            assertThat(state.began()).isEqualTo(began);
            assertThat(state.looks()).isEqualTo(1);
            assertThat(state.choices()).isEqualTo(engine.choices());
            assertThat(state.config()).isEqualTo(TrainingState.config(job, Ranks.alone()));
            assertThat(state.engine().keySet()).isEqualTo(engine.state().keySet());
            assertThat(state.average()).containsKey("stage1.0.rbr_dense.conv.weight");
            assertThat(state.engine().get("momentum/linear.weight").shape())
                    .isEqualTo(engine.state().get("momentum/linear.weight").shape());
        }
    }

    @Test
    void factsYoungerThanACheckpointAreOffInIt() {
        Recipe recipe = TinyTraining.recipe();
        Recipe varied = recipe.toBuilder().accumulation(4).build();
        Map<String, String> old = new HashMap<>(recipe.facts());
        old.keySet().removeAll(RecipeFacts.implied().keySet());
        var state =
                new TrainingState(
                        Map.of(), Map.of(), old, Map.of(), new History(), 0, Instant.EPOCH);

        assertThat(recipe.facts()).containsAllEntriesOf(RecipeFacts.implied());
        assertThatCode(() -> state.checkSame(recipe.facts())).doesNotThrowAnyException();
        assertThatThrownBy(() -> state.checkSame(varied.facts()))
                .hasMessageContaining("accumulation is 4 batches a step now and was none");
    }

    @Test
    void aModelIsNoTraining() throws IOException {
        Path file = temporary.resolve("last.ckpt");
        Checkpoint.write(file, TinyTraining.job().initial());
        assertThatThrownBy(() -> TrainingState.read(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("last.ckpt")
                .hasMessageContaining("no checkpoint of a training");
    }

    @Test
    void nonsenseInTheRecordIsNamed() throws IOException {
        Path file = temporary.resolve("last.ckpt");
        new SafetensorsWriter()
                .metadata("config", "{}")
                .metadata("choices", "{}")
                .metadata("history", "epoch\n1,2,3")
                .metadata("looks", "0")
                .metadata("began", "2026-01-01T00:00:00Z")
                .write(file);
        assertThatThrownBy(() -> TrainingState.read(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("the history has a broken line: 1,2,3");
    }
}
