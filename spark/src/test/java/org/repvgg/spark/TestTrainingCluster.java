package org.repvgg.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.spark.ShapesProgram.Fault;

/// A training on a real cluster, each of whose two ranks has an executor of its own, and which
/// loses one of them.
final class TestTrainingCluster {
    @TempDir Path folder;

    @Test
    void testAnExecutorThatIsKilledChangesNothing() throws Exception {
        String expected = ShapesProgram.withoutSpark(folder.resolve("without-spark"));
        Path victim = folder.resolve(ShapesProgram.VICTIM);
        try (var cluster = new StandaloneCluster(folder, 2)) {
            Process job =
                    cluster.submit(
                            "training",
                            ShapesProgram.class,
                            ShapesProgram.arguments(folder.resolve("out"), Fault.WAITS));
            StandaloneCluster.await(
                    "the second epoch", () -> Files.exists(victim) || !job.isAlive());
            assertThat(job.isAlive()).as(cluster.text("training")).isTrue();
            ProcessHandle executor =
                    ProcessHandle.of(Long.parseLong(Files.readString(victim))).orElseThrow();
            assertThat(executor.pid()).isNotEqualTo(job.pid());
            executor.destroyForcibly();

            assertThat(job.waitFor(10, TimeUnit.MINUTES)).isTrue();
            assertThat(cluster.text("training"))
                    .contains("starting all ranks again, attempt 2 of 4", "epoch 3")
                    .contains("result:\n" + expected + "status 0");
            assertThat(job.exitValue()).isZero();
        }
    }
}
