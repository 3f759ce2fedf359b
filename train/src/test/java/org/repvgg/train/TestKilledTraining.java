package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.format.Safetensors;

/// Trainings in processes of their own, killed without warning.
final class TestKilledTraining {
    private static final int KILLS = 4;

    /// After its first epoch a process lives up to this long: two epochs or so.
    private static final int LONGEST_LIFE_MILLIS = 800;

    @TempDir Path temporary;

    @ParameterizedTest
    @ValueSource(strings = {"head", "java"})
    void endsWhereAnUninterruptedOneEnds(String engine) throws IOException, InterruptedException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        Path whole = temporary.resolve("whole");
        Path killed = temporary.resolve("killed");
        train(engine, whole, false);

        for (int kill = 0; kill < KILLS; kill++) {
            Process process = start(killed, engine);
            int _ = process.getInputStream().read(); // an epoch, or the end
            boolean _ = process.waitFor(random.nextInt(LONGEST_LIFE_MILLIS), TimeUnit.MILLISECONDS);
            process.destroyForcibly().waitFor();
        }
        train(engine, killed, true);

        assertSameTensors(whole.resolve("last.ckpt"), killed.resolve("last.ckpt"));
        assertSameTensors(whole.resolve("best.safetensors"), killed.resolve("best.safetensors"));
        assertThat(timeless(killed.resolve("history.csv")))
                .isEqualTo(timeless(whole.resolve("history.csv")));
    }

    @Test
    void aTerminatedOneKeepsItsCheckpointAndSaysHowToGoOn()
            throws IOException, InterruptedException {
        Process process = start(temporary, "head");
        assertThat(process.inputReader().readLine()).isEqualTo("epoch 1");
        process.toHandle().destroy(); // SIGTERM; Process.destroy would close the streams
        String rest = String.join("\n", process.inputReader().lines().toList());
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();

        assertThat(rest).contains("stopped in epoch", "--resume goes on from there");
        assertThat(TrainingState.read(temporary.resolve("last.ckpt")).epoch()).isPositive();
    }

    private static void train(String engine, Path folder, boolean resume) throws IOException {
        EngineFactory engines = TinyTraining.engines(engine);
        TinyTraining.run(TinyTraining.job(), folder, engines, resume, new TrainListener() {});
    }

    private Process start(Path folder, String engine) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(TinyTraining.class.getName(), folder.toString(), engine));
        return new ProcessBuilder(command)
                .redirectErrorStream(false)
                .redirectError(Files.createTempFile(temporary, "stderr", ".txt").toFile())
                .start();
    }

    private static void assertSameTensors(Path expected, Path actual) throws IOException {
        try (Safetensors a = Safetensors.open(expected);
                Safetensors b = Safetensors.open(actual)) {
            assertThat(b.entries().keySet()).isEqualTo(a.entries().keySet());
            for (String name : a.entries().keySet()) {
                if (!name.endsWith("num_batches_tracked")) {
                    assertThat(b.read(name).toArray()).as(name).isEqualTo(a.read(name).toArray());
                }
            }
        }
    }

    /// Epoch, loss, top-1 and learning rate of every line.
    private static List<List<String>> timeless(Path csv) throws IOException {
        return Files.readAllLines(csv).stream()
                .map(line -> List.of(line.split(",")).subList(0, 4))
                .toList();
    }
}
