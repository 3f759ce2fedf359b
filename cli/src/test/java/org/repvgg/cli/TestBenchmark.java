package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.format.Json;

/// A benchmark of moments: that it runs, not how fast.
final class TestBenchmark {
    @TempDir Path folder;

    @Test
    void testTwoShapesAgainstARival() throws IOException {
        Path csv = folder.resolve("small.csv");
        Run run =
                benchmark("--input=1x3x32x32,2x3x32x24", "--versus=onnxruntime", "--output=" + csv);

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out()).contains("1x32x32, 1 thread", "2x32x24, 1 thread", "onnxruntime");
        assertThat(Files.readAllLines(csv)).hasSize(5);
        assertThat(folder.resolve("small.svg"))
                .content()
                .startsWith("<svg")
                .contains("onnxruntime");
    }

    @Test
    void testAloneAsJson() {
        Json.Object answer = benchmark("--input=16", "--versus=none", "--layers", "--json").json();
        Json.Object only = answer.get("measurements").asList().getFirst().asObject();

        assertThat(only.get("engine").asText()).isEqualTo("repvgg");
        assertThat(only.get("batch").asInt()).isEqualTo(1);
        assertThat(only.get("height").asInt()).isEqualTo(16);
        assertThat(only.get("ratio").asDouble()).isEqualTo(1);
        assertThat(only.get("medianSeconds").asDouble()).isPositive();
        assertThat(only.get("relativeError").asDouble()).isLessThan(1e-5);
        List<Json> layers = answer.get("layers").asList();
        assertThat(layers).as("22 blocks, the mean and the classifier").hasSize(24);
        assertThat(layers.getFirst().asObject().get("what").asText())
                .isEqualTo("3x3, 3 to 12, stride 2");
    }

    @Test
    void testATunedPlanIsKeptAndUsedAgain() throws IOException {
        Path plan = folder.resolve("plan.json");
        String[] words = {"--input=16", "--versus=none", "--plan=" + plan};
        Run first = benchmark(words);
        String found = Files.readString(plan);
        Run second = benchmark(words);

        assertThat(first.status()).as(first.err()).isZero();
        assertThat(first.err()).contains("tuning for");
        assertThat(second.err()).doesNotContain("tuning for");
        assertThat(plan).hasContent(found);
        Files.writeString(plan, found.replace("\"threads\": 1", "\"threads\": 2"));
        assertThat(benchmark(words).refusal(ExitCode.WRONG_INPUT))
                .contains("was tuned for 2 threads, --threads says 1");
        Files.writeString(plan, "{\"kernels\": 1}");
        assertThat(benchmark(words).refusal(ExitCode.WRONG_INPUT)).contains("plan.json");
    }

    @Test
    void testTrainingSteps() throws IOException {
        Path csv = folder.resolve("steps.csv");
        Run run =
                benchmark(
                        "--training",
                        "--input=3x16x16",
                        "--batch=4",
                        "--precision=fp32",
                        "--layers",
                        "--output=" + csv);

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("4x16x16, 1 thread", "libtorch-fp32-channels-last", "first loss")
                .containsPattern("libtorch in fp32 takes [0-9.]+ times as long as ours")
                .contains("a step of ours, [4,3,16,16]", "weight gradient", "update");
        assertThat(run.out()).as("widths of 12 refuse NCHW").doesNotContain("nchw");
        assertThat(Files.readAllLines(csv)).hasSize(3).first().asString().contains("first loss");
        assertThat(folder.resolve("steps.svg")).content().contains("a training step");
    }

    @Test
    void testTrainingStepsAsJson() {
        Json.Object answer =
                benchmark(
                                "--training",
                                "--versus=none",
                                "--input=16",
                                "--batch=4",
                                "--layers",
                                "--json")
                        .json();
        Json.Object only = answer.get("measurements").asList().getFirst().asObject();

        assertThat(only.get("engine").asText()).isEqualTo("repvgg");
        assertThat(only.get("batch").asInt()).isEqualTo(4);
        assertThat(only.get("firstLoss").asDouble()).isPositive();
        assertThat(answer.get("versus").asList()).isEmpty();
        Json.Object first = answer.get("phases").asList().getFirst().asObject();
        assertThat(first.get("what").asText()).isEqualTo("images into maps");
        assertThat(first.get("seconds").asDouble()).isPositive();
    }

    @Test
    void testAPlainFileDoesNotTrain() {
        assertThat(
                        Run.repvgg("benchmark", Goldens.PLAIN, "--training")
                                .refusal(ExitCode.WRONG_INPUT))
                .endsWith("is the plain form; --training wants the training form");
    }

    private static Run benchmark(String... more) {
        List<String> words =
                new ArrayList<>(
                        List.of(
                                "benchmark",
                                "A0",
                                "--classes=10",
                                "--width=0.25",
                                "--threads=1",
                                "--rounds=2",
                                "--seconds=0.01",
                                "--warm-up=0.01"));
        words.addAll(List.of(more));
        return Run.repvgg(words.toArray(String[]::new));
    }
}
