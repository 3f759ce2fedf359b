package org.repvgg.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.data.Dataset;
import org.repvgg.data.Datasets;
import org.repvgg.data.LabelledImages;
import org.repvgg.evaluate.ImageBatches;
import org.repvgg.evaluate.Prediction;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.PlainRuntime;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.tensor.Tensor;

/// The 10,000 test images of CIFAR-10, where they are at hand, and 300 broken ones, scored by a
/// standalone cluster from files and from a table.
final class TestCifarOnCluster {
    /// Stands for the class of a broken image.
    private static final String ERROR = "error";

    @TempDir static Path folder;
    private static Map<String, byte[]> photos;
    private static Map<String, String> expected;

    @BeforeAll
    static void answerAsEvaluateDoes() throws Exception {
        Optional<Path> tar = tar();
        assumeTrue(tar.isPresent(), "skipped: shared/data/cifar10-jpeg.tar is not at hand");
        photos = test(tar.orElseThrow());
        assertThat(photos).hasSize(10_000);
        expected = classes(tar.orElseThrow());
        assertThat(expected.keySet()).isEqualTo(photos.keySet());
        List<byte[]> whole = List.copyOf(photos.values());
        for (int i = 0; i < 300; i++) {
            byte[] bytes = whole.get(33 * i);
            String name = "%s/broken-%03d.jpg".formatted(i % 2 == 0 ? "cat" : "truck", i);
            photos.put(name, Arrays.copyOf(bytes, i % 3 == 0 ? 0 : bytes.length / 2));
            expected.put(name, ERROR);
        }
    }

    private static Optional<Path> tar() {
        return Stream.iterate(Path.of("").toAbsolutePath(), path -> path != null, Path::getParent)
                .map(path -> path.resolve("shared/data/cifar10-jpeg.tar"))
                .filter(Files::exists)
                .findFirst();
    }

    /// The files below `test/`, by class and name.
    private static Map<String, byte[]> test(Path tar) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (InputStream file = new BufferedInputStream(Files.newInputStream(tar));
                var entries = new TarArchiveInputStream(file)) {
            for (TarArchiveEntry entry = entries.getNextEntry();
                    entry != null;
                    entry = entries.getNextEntry()) {
                if (entry.isFile() && entry.getName().startsWith("test/")) {
                    files.put(key(entry.getName()), entries.readAllBytes());
                }
            }
        }
        return files;
    }

    /// `dog/0993.jpg` of any path that ends so.
    private static String key(String path) {
        String[] parts = path.split("/");
        return parts[parts.length - 2] + "/" + parts[parts.length - 1];
    }

    /// What `repvgg evaluate` takes every image for.
    private static Map<String, String> classes(Path tar) throws IOException {
        Map<String, String> classes = new TreeMap<>();
        PlainModel model = Photos.network();
        List<String> names = model.input().classNames();
        try (Dataset data = Datasets.open(tar.toString());
                PlainRuntime runtime = PlainRuntime.load(model, new RuntimeOptions(2))) {
            LabelledImages images = data.test();
            try (var batches = new ImageBatches(images, model.input(), 2)) {
                while (batches.hasNext()) {
                    ImageBatches.Batch batch = batches.next();
                    Tensor logits = runtime.logits(batch.images());
                    for (int row = 0; row < batch.indices().size(); row++) {
                        Prediction best = Prediction.best(logits, row, names, 1).getFirst();
                        classes.put(key(images.name(batch.indices().get(row))), best.name());
                    }
                }
            }
        }
        return classes;
    }

    @Test
    void testClassesAreThoseOfEvaluate() throws Exception {
        Path files = writeFiles();
        Path table = Photos.writeTable(photos, folder.resolve("table"));
        try (var cluster = new StandaloneCluster(folder, 2)) {
            assertThat(score(cluster, "files", files)).isEqualTo(expected);
            assertThat(score(cluster, "table", table, "--column", "image")).isEqualTo(expected);
        }
    }

    private static Map<String, String> score(
            StandaloneCluster cluster, String name, Path input, String... more) throws Exception {
        Path output = folder.resolve("of-" + name);
        List<String> arguments = new ArrayList<>(List.of(Photos.networkFile().toUri().toString()));
        arguments.addAll(List.of("--input", input.toString(), "--output", output.toString()));
        arguments.addAll(List.of(more));
        Process job = cluster.submit(name, ScoreApplication.class, arguments);
        assertThat(job.waitFor(10, TimeUnit.MINUTES)).isTrue();
        assertThat(job.exitValue()).as(cluster.text(name)).isZero();
        Map<String, String> found = new TreeMap<>();
        for (Row row : LocalSpark.session().read().parquet(output.toString()).collectAsList()) {
            found.put(key(row.getAs("path")), best(row));
        }
        return found;
    }

    private static String best(Row row) {
        return row.getAs("error") != null
                ? ERROR
                : row.<Row>getList(row.fieldIndex("classes")).getFirst().getString(0);
    }

    private static Path writeFiles() throws IOException {
        Path root = folder.resolve("photos");
        for (Map.Entry<String, byte[]> photo : photos.entrySet()) {
            Path file = root.resolve(photo.getKey());
            Files.createDirectories(file.getParent());
            Files.write(file, photo.getValue());
        }
        return root;
    }
}
