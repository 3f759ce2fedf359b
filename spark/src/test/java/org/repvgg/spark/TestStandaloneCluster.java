package org.repvgg.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.model.PlainModel;

/// A real cluster: a master, two workers, their executors and the program are processes of their
/// own. 3 % of the photos are broken.
final class TestStandaloneCluster {
    private static final int PHOTOS = 2000;
    private static final int BATCH = 32;
    private static final int CHUNKS = 8;

    @TempDir static Path folder;
    private static Map<String, byte[]> photos;
    private static Map<String, Expected.Answer> expected;

    @BeforeAll
    static void answerWithoutSpark() throws Exception {
        PlainModel model = Photos.network();
        photos = Photos.some(PHOTOS);
        expected = Expected.classes(Expected.of(model, photos, BATCH, 2, 0));
    }

    @Test
    void testTheClusterAnswersLikeOneProcessAndOutlivesAWorker() throws Exception {
        Path files = Photos.write(photos, folder.resolve("photos"));
        try (var cluster = new StandaloneCluster(folder, 2)) {
            Path ofFiles = folder.resolve("of-files");
            Process cut = cluster.submit("cut", ScoreApplication.class, arguments(files, ofFiles));
            StandaloneCluster.await("the first chunk", () -> isDone(ofFiles, 0) || !cut.isAlive());
            cluster.killWorker(1);
            boolean inTheMiddle = cut.isAlive() && !isDone(ofFiles, CHUNKS - 1);
            assertThat(inTheMiddle).as(cluster.text("cut")).isTrue();
            assertThat(cut.waitFor(10, TimeUnit.MINUTES)).isTrue();
            assertThat(cut.exitValue()).as(cluster.text("cut")).isZero();
            assertThat(answers(ofFiles)).isEqualTo(expected);
            cluster.said("master", "Removing worker (\\S+)", 1);
        }
    }

    private static List<String> arguments(Path input, Path output) {
        List<String> arguments = new ArrayList<>(List.of(Photos.networkFile().toUri().toString()));
        arguments.addAll(List.of("--input", input.toString(), "--output", output.toString()));
        arguments.addAll(List.of("--top", "2", "--batch", Integer.toString(BATCH)));
        double bytes = photos.values().stream().mapToLong(photo -> photo.length).sum();
        arguments.addAll(List.of("--chunk", Double.toString(bytes / CHUNKS / 1e6)));
        return arguments;
    }

    private static boolean isDone(Path output, int chunk) {
        return Files.exists(output.resolve("chunk=%05d/_SUCCESS".formatted(chunk)));
    }

    private static Map<String, Expected.Answer> answers(Path output) {
        return Expected.in(LocalSpark.session().read().parquet(output.toString()));
    }
}
