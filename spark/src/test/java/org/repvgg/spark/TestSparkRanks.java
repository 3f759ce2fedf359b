package org.repvgg.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.spark.ShapesProgram.Fault;
import org.repvgg.train.TrainException;
import org.repvgg.train.cluster.RankCluster;
import org.repvgg.train.cluster.RankEnd;
import org.repvgg.train.cluster.RankJob;

/// Trainings of two ranks in the tasks of a local Spark.
final class TestSparkRanks {
    private static final String STEPS = "step \\d+ of epoch ";

    @TempDir Path folder;
    private final List<String> lines = new CopyOnWriteArrayList<>();

    @BeforeEach
    void startSpark() {
        LocalSpark.session();
    }

    private RankEnd train(String out, Fault fault) {
        return train(out, fault, 2);
    }

    private RankEnd train(String out, Fault fault, int ranks) {
        List<String> arguments = ShapesProgram.arguments(folder.resolve(out), fault);
        var job = new RankJob("shapes", arguments, ranks, ShapesProgram.TIMEOUT, null, Map.of());
        return RankCluster.find().orElseThrow().train(job, lines::add);
    }

    @Test
    void testRanksOfSparkTrainAsOthersDoAndALostOneChangesNothing() throws Exception {
        String expected = ShapesProgram.withoutSpark(folder.resolve("without-spark"));

        assertThat(train("whole", Fault.NONE)).isEqualTo(new RankEnd(0, expected, "", false));
        assertThat(lines).containsExactly("epoch 1", "epoch 2", "epoch 3");

        lines.clear();
        assertThat(train("lost", Fault.DIES)).isEqualTo(new RankEnd(0, expected, "", false));
        assertThat(lines).hasSize(4).startsWith("epoch 1").endsWith("epoch 2", "epoch 3");
        assertThat(lines.get(1))
                .containsPattern("(killed|rank 0 of 2 ends at " + STEPS + "2: rank 1 .* is gone).*")
                .endsWith("; starting all ranks again, attempt 2 of 4");
    }

    @Test
    void testWrongInputOfARankEndsAllAtOnce() {
        assertThat(train("wrong", Fault.REFUSES))
                .isEqualTo(new RankEnd(2, "", "no such data", false));
        assertThat(lines).isEmpty();
        assertThat(folder.resolve("wrong")).doesNotExist();
    }

    @Test
    void testRanksThatAreAlwaysLostAreGivenUp() {
        assertThatThrownBy(() -> train("hopeless", Fault.ALWAYS_DIES))
                .isInstanceOf(TrainException.class)
                .hasMessageContaining("the ranks were started 4 times")
                .message()
                .hasLineCount(1);
        assertThat(lines).hasSize(3);
    }

    @Test
    void testTooFewTasksAreNamed() {
        assertThatThrownBy(() -> train("crowd", Fault.NONE, 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "--ranks is 3, local[2] has room for 2, with 1 processors each (spark.task.cpus):"
                                + " give fewer ranks, or more processors");
    }
}
