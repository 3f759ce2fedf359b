package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.format.Json;

final class TestEvaluate {
    private static final List<String> TEN = IntStream.range(0, 10).mapToObj(i -> "c" + i).toList();

    @TempDir Path folder;

    @Test
    void testAccuracyByClass() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), TEN, 2);
        Json.Object answer =
                Run.repvgg(
                                "evaluate",
                                Goldens.PLAIN,
                                "--data",
                                data.toString(),
                                "--input=32",
                                "--json")
                        .json();

        assertThat(answer.get("images").asInt()).isEqualTo(20);
        assertThat(answer.get("top1").asDouble()).isBetween(0.0, 1.0);
        assertThat(answer.get("top5").asDouble()).isBetween(answer.get("top1").asDouble(), 1.0);
        assertThat(answer.get("seconds").asDouble()).isPositive();
        assertThat(answer.get("imagesPerSecond").asDouble()).isPositive();
        assertThat(answer.get("perClass").asList()).hasSize(10);
        assertThat(answer.get("perClass").asList().getFirst().asObject().get("name").asText())
                .isEqualTo("c0");
    }

    @Test
    void testSaysWhenThereIsOneSplitOnly() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), TEN, 2);
        Run run = Run.repvgg("evaluate", Goldens.PLAIN, "--data", data.toString(), "--input=32");

        assertThat(run.err()).contains("one split only");
    }

    @Test
    void testBothFormsAreRightOnTheSameImages() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), TEN, 2);

        assertThat(top1(Goldens.TRAIN, data)).isEqualTo(top1(Goldens.PLAIN, data));
    }

    @Test
    void testManyLooksAreReportedApart() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), TEN, 2);
        String[] command = {
            "evaluate", Goldens.PLAIN, "--data", data.toString(), "--input=32", "--looks", "six"
        };
        Json.Object six = Run.repvgg(append(command, "--json")).json();

        assertThat(six.get("top1").asDouble()).isEqualTo(top1(Goldens.PLAIN, data));
        assertThat(six.get("looks").asObject().get("name").asText()).isEqualTo("six");
        assertThat(six.get("looks").asObject().get("top1").asDouble()).isBetween(0.0, 1.0);
        assertThat(Run.repvgg(command).out())
                .containsPattern("top-1\\s+\\d")
                .containsPattern("top-1, looks: six\\s+\\d");
        command[command.length - 1] = "seven";
        assertThat(Run.repvgg(command).refusal(ExitCode.WRONG_INPUT))
                .isEqualTo("repvgg evaluate: --looks wants one, mirror or six, not 'seven'");
    }

    private static String[] append(String[] words, String word) {
        return Stream.concat(Arrays.stream(words), Stream.of(word)).toArray(String[]::new);
    }

    @Test
    void testDrawsConfusions() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), TEN, 1);
        Path picture = folder.resolve("confusion.png");
        Run run =
                Run.repvgg(
                        "evaluate",
                        Goldens.PLAIN,
                        "--data",
                        data.toString(),
                        "--input=32",
                        "--report",
                        picture.toString());

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out()).contains("top-1", "mostly taken for");
        assertThat(run.err()).contains("wrote " + picture);
        assertThat(ImageIO.read(picture.toFile()).getWidth()).isGreaterThan(100);
        Path report = folder.resolve("report");
        assertThat(
                        Run.repvgg(
                                        "evaluate",
                                        Goldens.PLAIN,
                                        "--data",
                                        data.toString(),
                                        "--input=32",
                                        "--report",
                                        report.toString())
                                .status())
                .isZero();
        assertThat(report.resolve("confusion.png")).exists();
    }

    @Test
    void testACorruptImageAmongGoodOnesIsNamedAndCounted() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), TEN, 1);
        Pictures.halfJpeg(data.resolve("c3/half.jpg"));
        Run run = Run.repvgg("evaluate", Goldens.PLAIN, "--data", data.toString(), "--input=32");

        assertThat(run.status()).isZero();
        assertThat(run.err()).contains("half.jpg");
        assertThat(run.out())
                .containsPattern("images\\s+10\\R")
                .containsPattern("not readable\\s+1\\R");
    }

    @Test
    void testRefusesDataThatDoesNotFit() throws IOException {
        Path two = Pictures.classes(folder.resolve("two"), List.of("cat", "dog"), 1);
        Path empty = Files.createDirectories(folder.resolve("empty"));

        assertThat(refusal(two.toString()))
                .isEqualTo(
                        "repvgg evaluate: the network answers 10 classes, the data has 2 (cat, dog), and"
                                + " their names differ");
        assertThat(refusal(empty.toString())).contains(empty.toString());
        assertThat(refusal(folder.resolve("none").toString())).contains("no such file or folder");
        assertThat(refusal("cifr10")).contains("cifar10");
    }

    @Test
    void testRefusesAnUnknownSplit() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), TEN, 1);

        assertThat(
                        Run.repvgg(
                                        "evaluate",
                                        Goldens.PLAIN,
                                        "--data",
                                        data.toString(),
                                        "--split",
                                        "best")
                                .refusal(ExitCode.WRONG_INPUT))
                .isEqualTo("repvgg evaluate: --split wants test or train, not 'best'");
    }

    private static double top1(String network, Path data) {
        return Run.repvgg("evaluate", network, "--data", data.toString(), "--input=32", "--json")
                .json()
                .get("top1")
                .asDouble();
    }

    private static String refusal(String data) {
        return Run.repvgg("evaluate", Goldens.PLAIN, "--data", data, "--input=32")
                .refusal(ExitCode.WRONG_INPUT);
    }
}
