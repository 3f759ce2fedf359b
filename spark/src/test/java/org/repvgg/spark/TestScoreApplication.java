package org.repvgg.spark;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The program for `spark-submit`, in a Spark that is there already.
final class TestScoreApplication {
    @TempDir Path folder;

    private record Said(int status, String out, String err) {}

    private static Said run(String... arguments) {
        LocalSpark.session();
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        int status =
                ScoreApplication.run(
                        List.of(arguments),
                        new PrintStream(out, true, UTF_8),
                        new PrintStream(err, true, UTF_8));
        return new Said(status, out.toString(UTF_8), err.toString(UTF_8).strip());
    }

    /// Scores without a complaint.
    ///
    /// @return what it says
    private static String score(Path input, Path output, String... more) {
        List<String> words = new ArrayList<>(List.of(Photos.networkFile().toUri().toString()));
        words.addAll(List.of("--input", input.toString(), "--output", output.toString()));
        words.addAll(List.of("--batch", "8"));
        words.addAll(List.of(more));
        Said said = run(words.toArray(String[]::new));
        assertThat(said.err).isEmpty();
        assertThat(said.status).isZero();
        return said.out;
    }

    @Test
    void testScores() throws Exception {
        Path photos = Photos.write(Photos.some(50), folder.resolve("photos"));

        assertThat(score(photos, folder.resolve("answers"), "--top", "1", "--resume"))
                .startsWith("50 images, 2 of them broken, in 1 chunks of ");
    }

    @Test
    void testScoresAColumnOfATable() throws Exception {
        Map<String, byte[]> photos = Photos.some(100);
        Path table = Photos.writeTable(photos, folder.resolve("table"));
        Path answers = folder.resolve("answers");

        assertThat(score(table, answers, "--column", "image", "--top", "2", "--chunk", "1e-2"))
                .startsWith("100 images, 3 of them broken, in ");
        assertThat(Expected.in(LocalSpark.session().read().parquet(answers.toString())))
                .isEqualTo(Expected.classes(Expected.of(Photos.network(), photos, 8, 2, 0)));
    }

    @Test
    void testWrongInputIsOneLine() {
        assertThat(run("--help").out).contains("Usage: spark-submit");
        assertThat(run()).isEqualTo(new Said(2, "", "repvgg-spark: name a checkpoint; see --help"));
        assertThat(run("gone.safetensors", "--output", "o").err)
                .startsWith("repvgg-spark: ")
                .contains("gone.safetensors");
        assertThat(run(Photos.networkFile().toString(), "--top", "x", "--output", "o").err)
                .isEqualTo("repvgg-spark: --top wants a whole number, not 'x'");
        assertThat(run("m", "--typo").err)
                .isEqualTo("repvgg-spark: unexpected '--typo'; see --help");
        assertThat(run("m", "--input").err).isEqualTo("repvgg-spark: --input wants a value");
    }
}
