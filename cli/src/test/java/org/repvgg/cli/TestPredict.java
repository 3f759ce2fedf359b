package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.format.Json;

final class TestPredict {
    @TempDir Path folder;

    @Test
    void testClassesAndProbabilities() throws IOException {
        Path red = Pictures.write(folder.resolve("red.png"), Color.RED);
        Path blue = Pictures.write(folder.resolve("blue.jpg"), Color.BLUE);
        List<Json> images =
                Run.repvgg(
                                "predict",
                                Goldens.PLAIN,
                                red.toString(),
                                blue.toString(),
                                "--input=32",
                                "--top=3",
                                "--json")
                        .json()
                        .get("images")
                        .asList();

        assertThat(images).hasSize(2);
        assertThat(images.getFirst().asObject().get("path").asText()).isEqualTo(red.toString());
        List<Json> classes = images.getFirst().asObject().get("classes").asList();
        assertThat(classes).hasSize(3);
        List<Double> probabilities =
                classes.stream().map(c -> c.asObject().get("probability").asDouble()).toList();
        assertThat(probabilities).isSortedAccordingTo((a, b) -> Double.compare(b, a));
        assertThat(probabilities.stream().mapToDouble(Double::doubleValue).sum())
                .isBetween(0.3, 1.000001);
    }

    @Test
    void testBrokenImagesAreNamedAndTheOthersAnswered() throws IOException {
        Path good = Pictures.write(folder.resolve("good.png"), Color.RED);
        Path broken = Pictures.halfJpeg(folder.resolve("broken.jpg"));
        Run run =
                Run.repvgg(
                        "predict",
                        Goldens.PLAIN,
                        broken.toString(),
                        good.toString(),
                        folder.resolve("missing.jpg").toString(),
                        folder.toString(),
                        "--input=32");

        assertThat(run.status()).isEqualTo(ExitCode.WRONG_INPUT);
        assertThat(run.out()).contains("good.png", " %").doesNotContain("broken.jpg");
        assertThat(run.err().lines().toList()).hasSize(3);
        assertThat(run.err())
                .contains("broken.jpg", "missing.jpg: no such file", "is a folder; name its files");
    }

    @Test
    void testRefusesNoClasses() throws IOException {
        Path good = Pictures.write(folder.resolve("good.png"), Color.RED);

        assertThat(
                        Run.repvgg("predict", Goldens.PLAIN, good.toString(), "--top", "0")
                                .refusal(ExitCode.WRONG_INPUT))
                .isEqualTo("repvgg predict: --top must be at least 1, not 0");
    }
}
