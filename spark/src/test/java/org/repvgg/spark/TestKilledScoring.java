package org.repvgg.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.evaluate.Progress;
import org.repvgg.model.PlainModel;
import org.repvgg.score.ScoreJob;
import org.repvgg.score.ScoreSettings;
import org.repvgg.score.ScoreSummary;

/// A job whose process is killed, and the same job again.
final class TestKilledScoring {
    private static final int PHOTOS = 600;
    private static final int BATCH = 16;
    private static final int CHUNKS = 12;

    @TempDir Path folder;

    @Test
    void testOnlyWhatIsMissingIsScoredAgain() throws Exception {
        PlainModel model = Photos.network();
        Map<String, byte[]> photos = Photos.some(PHOTOS);
        Path input = Photos.write(photos, folder.resolve("photos"));
        Path output = folder.resolve("answers");
        long bytes = photos.values().stream().mapToLong(photo -> photo.length).sum() / CHUNKS;

        Process job = start(input, output, bytes / 1e6);
        Path second = output.resolve("chunk=00001/_SUCCESS");
        StandaloneCluster.await("the second chunk", () -> Files.exists(second) || !job.isAlive());
        assertThat(job.isAlive()).as(said()).isTrue();
        job.destroyForcibly().waitFor();
        FileTime written = Files.getLastModifiedTime(second);

        LocalSpark.session();
        var settings = new ScoreSettings(2, null, BATCH);
        ScoreSummary summary =
                new SparkBatchScorer()
                        .score(
                                new ScoreJob(
                                        model,
                                        "small",
                                        List.of(input.toString()),
                                        null,
                                        output.toString(),
                                        settings,
                                        ScoreJob.chunkOfMegabytes(bytes / 1e6),
                                        true,
                                        null,
                                        Map.of()),
                                Progress.NONE);

        assertThat(summary.skipped()).isBetween(2, summary.chunks() - 1);
        assertThat(summary.scored()).isPositive().isLessThan(PHOTOS);
        assertThat(Files.getLastModifiedTime(second)).isEqualTo(written);
        assertThat(Expected.in(LocalSpark.session().read().parquet(output.toString())))
                .isEqualTo(Expected.classes(Expected.of(model, photos, BATCH, 2, 0)));
    }

    private Process start(Path input, Path output, double megabytes) throws Exception {
        List<String> command = new ArrayList<>(List.of(Jvm.java()));
        command.addAll(Jvm.options());
        command.addAll(List.of("-Xmx1g", "-cp", System.getProperty("java.class.path")));
        for (String property :
                List.of(
                        "master=local[2]",
                        "app.name=killed",
                        "ui.enabled=false",
                        "driver.host=127.0.0.1",
                        "driver.bindAddress=127.0.0.1")) {
            command.add("-Dspark." + property);
        }
        command.add(ScoreApplication.class.getName());
        command.add(Photos.networkFile().toUri().toString());
        command.addAll(List.of("--input", input.toString(), "--output", output.toString()));
        command.addAll(List.of("--top", "2", "--batch", Integer.toString(BATCH)));
        command.addAll(List.of("--chunk", Double.toString(megabytes)));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
    }

    private String said() throws Exception {
        return Files.readString(folder.resolve("log"));
    }
}
