package org.repvgg.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.evaluate.Progress;
import org.repvgg.model.PlainModel;
import org.repvgg.score.BatchScorer;
import org.repvgg.score.ScoreJob;
import org.repvgg.score.ScoreSettings;
import org.repvgg.score.ScoreSummary;

/// Whole jobs: input, output, and going on.
final class TestSparkBatchScorer {
    private static final int PHOTOS = 200;
    private static final int BROKEN = 6;
    private static final int BATCH = 16;
    private static final ScoreSettings SETTINGS = new ScoreSettings(3, null, BATCH);
    private static final long ONE_CHUNK = 1L << 30;

    @TempDir static Path photoFolder;
    @TempDir Path folder;
    private static PlainModel model;
    private static Map<String, byte[]> photos;
    private static Map<String, Expected.Answer> expected;

    @BeforeAll
    static void answerWithoutSpark() throws Exception {
        model = Photos.network();
        photos = Photos.some(PHOTOS);
        Photos.write(photos, photoFolder);
        expected = Expected.classes(Expected.of(model, photos, BATCH, 3, 0));
    }

    @BeforeEach
    void startSpark() {
        LocalSpark.session();
    }

    private ScoreJob job(List<String> inputs, String column, ScoreSettings settings, long chunk) {
        return new ScoreJob(
                model,
                "small",
                inputs,
                column,
                output().toString(),
                settings,
                chunk,
                true,
                null,
                Map.of());
    }

    private ScoreJob job(ScoreSettings settings, long chunk) {
        return job(List.of(photoFolder.toString()), null, settings, chunk);
    }

    private Path output() {
        return folder.resolve("answers");
    }

    private static ScoreSummary score(ScoreJob job) throws IOException {
        return BatchScorer.find().orElseThrow().score(job, Progress.NONE);
    }

    private Map<String, Expected.Answer> answers() {
        return Expected.in(LocalSpark.session().read().parquet(output().toString()));
    }

    /// Bytes of input for about five chunks.
    private static long fifth() {
        return photos.values().stream().mapToLong(bytes -> bytes.length).sum() / 5;
    }

    @Test
    void testAFolderOfImages() throws Exception {
        ScoreSummary summary = score(job(SETTINGS, ONE_CHUNK));

        assertThat(summary.images()).isEqualTo(PHOTOS);
        assertThat(summary.broken()).isEqualTo(BROKEN);
        assertThat(summary.scored()).isEqualTo(PHOTOS);
        assertThat(summary.chunks()).isEqualTo(1);
        assertThat(summary.reasons()).hasSize(3).allMatch(r -> r.matches("file:/.*: image: .*"));
        assertThat(answers()).isEqualTo(expected);
    }

    @Test
    void testGlobsAndFilesCountOnce() throws Exception {
        String one = photoFolder + "/part0/photo-00000.png";
        ScoreSummary summary =
                score(job(List.of(photoFolder + "/part0/*", one), null, SETTINGS, ONE_CHUNK));

        assertThat(summary.images()).isEqualTo((PHOTOS + 2) / 3);
        assertThat(expected.entrySet()).containsAll(answers().entrySet());
    }

    @Test
    void testAParquetTableWithPartitions() throws Exception {
        Path table = folder.resolve("table");
        Dataset<Row> files =
                Photos.binaryFiles(LocalSpark.session(), photoFolder)
                        .withColumn("half", functions.expr("length % 2"));
        files.coalesce(2).write().partitionBy("half").parquet(table.toString());

        ScoreSummary summary = score(job(List.of(table.toString()), "content", SETTINGS, 1));

        assertThat(summary.chunks()).isGreaterThan(1);
        assertThat(answers()).isEqualTo(Photos.withoutEmpty(expected, photos));
        assertThat(LocalSpark.session().read().parquet(output().toString()).columns())
                .containsExactly(
                        "path", "modificationTime", "length", "half", "classes", "error", "chunk");
    }

    /// A chunk without `_SUCCESS` and one that is not there are what a killed job leaves.
    @Test
    void testGoesOnWhereItWasCut() throws Exception {
        score(job(SETTINGS, fifth()));
        Files.delete(output().resolve("chunk=00001/_SUCCESS"));
        remove(output().resolve("chunk=00003"));
        Map<Path, FileTime> kept = files("chunk=0000{0,2,4}");

        ScoreSummary summary = score(job(SETTINGS, fifth()));

        assertThat(summary.skipped()).isEqualTo(summary.chunks() - 2);
        assertThat(summary.scored()).isBetween(PHOTOS / 5L, PHOTOS * 3 / 5L);
        assertThat(files("chunk=0000{0,2,4}")).isEqualTo(kept);
        assertThat(answers()).isEqualTo(expected);
        assertThat(score(job(SETTINGS, fifth())).scored()).isZero();
    }

    private Map<Path, FileTime> files(String chunks) throws IOException {
        var matcher =
                FileSystems.getDefault().getPathMatcher("glob:" + output() + "/" + chunks + "/*");
        Map<Path, FileTime> times = new java.util.TreeMap<>();
        try (Stream<Path> all = Files.walk(output())) {
            for (Path file : all.filter(matcher::matches).toList()) {
                times.put(file, Files.getLastModifiedTime(file));
            }
        }
        assertThat(times).isNotEmpty();
        return times;
    }

    private static void remove(Path tree) throws IOException {
        List<Path> paths;
        try (Stream<Path> all = Files.walk(tree)) {
            paths = new ArrayList<>(all.toList());
        }
        for (Path path : paths.reversed()) {
            Files.delete(path);
        }
    }

    @Test
    void testRefusesOtherSettingsWithBothValues() throws Exception {
        score(job(SETTINGS, ONE_CHUNK));

        assertThatThrownBy(() -> score(job(SETTINGS.withTop(2), ONE_CHUNK)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("was begun with top 3, not 2");
        assertThatThrownBy(() -> score(job(SETTINGS.withFeatures("stage1"), ONE_CHUNK)))
                .hasMessageContaining("was begun with features none, not stage1");
        assertThatThrownBy(() -> score(job(SETTINGS, 1)))
                .hasMessageContaining("was begun with chunk bytes " + ONE_CHUNK + ", not 1");
        assertThatThrownBy(
                        () ->
                                score(
                                        job(
                                                List.of(photoFolder + "/part1"),
                                                null,
                                                SETTINGS,
                                                ONE_CHUNK)))
                .hasMessageContaining("was begun with files 200, not 67");
    }

    @Test
    void testRefusesWhatItCannotUse() throws Exception {
        assertThatThrownBy(() -> score(job(List.of(folder + "/gone"), null, SETTINGS, 1)))
                .hasMessage(folder + "/gone: no such file or folder");
        Files.writeString(folder.resolve("note.txt"), "no image");
        assertThatThrownBy(() -> score(job(List.of(folder.toString()), null, SETTINGS, 1)))
                .hasMessage(
                        folder
                                + ": none of its 1 files is called like a JPEG, PNG, GIF, BMP or"
                                + " TIFF");
        Files.createDirectory(output());
        Files.writeString(output().resolve("mine.txt"), "not to be touched");
        assertThatThrownBy(() -> score(job(SETTINGS, 1)))
                .hasMessageContaining("is no output of this program, it holds mine.txt");
    }

    @Test
    void testWithoutResumeAnOutputIsLeftAlone() throws Exception {
        score(job(SETTINGS, ONE_CHUNK));
        ScoreJob again = job(SETTINGS, ONE_CHUNK);
        var without =
                new ScoreJob(
                        again.model(),
                        "small",
                        again.inputs(),
                        null,
                        again.output(),
                        SETTINGS,
                        ONE_CHUNK,
                        false,
                        null,
                        Map.of());

        assertThatThrownBy(() -> score(without)).hasMessageContaining("--resume goes on with them");
    }

    @Test
    void testATableWantsAColumn() throws Exception {
        Path table = folder.resolve("table");
        LocalSpark.session()
                .sql("select 1 as id, X'00' as image, 2 as Chunk")
                .write()
                .parquet(table.toString());

        assertThatThrownBy(() -> score(job(List.of(table.toString()), null, SETTINGS, 1)))
                .hasMessageContaining("is a Parquet table: name the column");
        assertThatThrownBy(() -> score(job(List.of(table.toString()), "photo", SETTINGS, 1)))
                .hasMessage("the table has no column 'photo'; it has id, image, Chunk");
        assertThatThrownBy(() -> score(job(List.of(table.toString()), "image", SETTINGS, 1)))
                .hasMessageContaining("has a column 'chunk' already");
        assertThat(output()).doesNotExist();
    }
}
