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

/// A training of seconds, from the command line to the report.
final class TestTrain {
    @TempDir Path folder;

    @Test
    void testTrainsFoldsMeasuresAndGoesOn() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), List.of("red", "green", "blue"), 12);
        Path out = folder.resolve("run");
        Run first = train(data, out, "--epochs=2", "--json");

        Json.Object answer = first.json();
        Json.Object before = answer.get("before").asObject();
        Json.Object after = answer.get("after").asObject();
        assertThat(answer.get("epochs").asInt()).isEqualTo(2);
        assertThat(before.get("top1").asDouble()).isEqualTo(after.get("top1").asDouble());
        assertThat(before.get("parameters").asLong())
                .isGreaterThan(after.get("parameters").asLong());
        assertThat(answer.get("agreement").asObject().get("holds").asBoolean()).isTrue();
        assertThat(first.err()).contains("epoch 1/2  loss ", "epoch 2/2  loss ");
        assertThat(out.resolve("report.html")).isNotEmptyFile();
        assertThat(Files.readAllLines(out.resolve("history.csv"))).hasSize(3);
        Path plain = out.resolve("plain.safetensors");
        assertThat(Run.repvgg("inspect", plain.toString(), "--json").json().get("form").asText())
                .isEqualTo("plain");
        assertThat(Run.repvgg("evaluate", plain.toString(), "--data", data.toString()).status())
                .isZero();

        Run taken = train(data, out, "--epochs=2");
        assertThat(taken.status()).isEqualTo(ExitCode.WRONG_INPUT);
        assertThat(taken.err()).contains("holds a training already: --resume goes on with it");
        Run again = train(data, out, "--epochs=2", "--resume");
        assertThat(again.status()).as(again.err()).isZero();
        assertThat(again.out())
                .contains("training form", "plain form", "same prediction on", "report: ");
    }

    @Test
    void testLearnsFromATeacher() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), List.of("red", "green"), 12);
        Path out = folder.resolve("teacher");
        assertThat(train(data, out, "--epochs=1").status()).isZero();
        String teacher = "--teacher=" + out.resolve("plain.safetensors");
        Run pupil =
                train(
                        data,
                        folder.resolve("pupil"),
                        "--epochs=1",
                        "--width=0.5",
                        teacher,
                        "--teacher-part=1",
                        "--temperature=1.5");

        assertThat(pupil.status()).as(pupil.err()).isZero();
        assertThat(folder.resolve("pupil/report.html"))
                .content()
                .contains("teacher digest", "teacher part", "1.5");
        Run otherSize = train(data, folder.resolve("x"), teacher, "--input=8x8");
        assertThat(otherSize.status()).isEqualTo(ExitCode.WRONG_INPUT);
        assertThat(otherSize.err())
                .contains("the teacher takes images of 3x16x16, the network of 3x8x8");
        assertThat(
                        train(data, folder.resolve("x"), "--teacher=" + folder.resolve("none"))
                                .refusal(ExitCode.WRONG_INPUT))
                .contains("no such file");
        assertThat(
                        train(data, folder.resolve("x"), "--teacher-part=0.5")
                                .refusal(ExitCode.WRONG_INPUT))
                .contains("--teacher");
    }

    @Test
    void testVariesTheRecipe() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), List.of("red", "green"), 20);
        Run run =
                train(
                        data,
                        folder.resolve("run"),
                        "--epochs=1",
                        "--accumulate=2",
                        "--norm-bias-rate=4",
                        "--freeze=stage1",
                        "--mixup=0.2",
                        "--recompute-statistics=16");

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.err()).contains("frozen: stem to stage1");
        assertThat(folder.resolve("run/config.json"))
                .content()
                .contains(
                        "\"accumulation\": \"2 batches a step\"",
                        "\"frozen\": \"stem to stage1\"",
                        "\"mixup\": \"alpha 0.2\"",
                        "\"recomputed statistics\": \"over 16 images\"",
                        "\"rate of the norms' biases\": \"4\"");
        assertThat(train(data, folder.resolve("x"), "--accumulate=0").refusal(ExitCode.WRONG_INPUT))
                .contains("at least 1 batch, not 0");
        for (String stage : List.of("stage3", "head", "-1")) {
            assertThat(
                            train(data, folder.resolve("x"), "--freeze=" + stage)
                                    .refusal(ExitCode.WRONG_INPUT))
                    .contains("--freeze wants stage0 to stage2, not '" + stage + "'");
        }
        assertThat(
                        train(data, folder.resolve("x"), "--recompute-statistics=-1")
                                .refusal(ExitCode.WRONG_INPUT))
                .contains("over -1 images");
        assertThat(train(data, folder.resolve("x"), "--mixup=-1").refusal(ExitCode.WRONG_INPUT))
                .contains("mixup", "-1.0");
        assertThat(
                        train(data, folder.resolve("x"), "--norm-bias-rate=0")
                                .refusal(ExitCode.WRONG_INPUT))
                .contains("norms' biases", "0.0");
    }

    @Test
    void testRefusesOneClass() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), List.of("alone"), 4);

        assertThat(train(data, folder.resolve("run"), "--epochs=1").err())
                .contains("alone")
                .hasLineCount(1);
    }

    @Test
    void testRefusesClassesThatAreNotTheDatas() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), List.of("a", "b"), 10);
        Run run = train(data, folder.resolve("run"), "--epochs=1", "--classes=7");

        assertThat(run.status()).isEqualTo(ExitCode.WRONG_INPUT);
        assertThat(run.err()).contains("7", "2", "--classes");
    }

    @Test
    void testRefusesAnEmptyFolder() throws IOException {
        Path data = Files.createDirectories(folder.resolve("data"));

        assertThat(train(data, folder.resolve("run")).refusal(ExitCode.WRONG_INPUT))
                .contains(data.toString());
    }

    @Test
    void testRefusesUnknownEngines() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), List.of("a", "b"), 2);

        assertThat(
                        train(data, folder.resolve("run"), "--engine=abacus")
                                .refusal(ExitCode.WRONG_INPUT))
                .contains("abacus");
        assertThat(train(data, folder.resolve("run"), "--device=tpu").refusal(ExitCode.WRONG_INPUT))
                .contains("tpu");
        assertThat(
                        train(data, folder.resolve("run"), "--precision=fp7")
                                .refusal(ExitCode.WRONG_INPUT))
                .contains("fp7");
    }

    @Test
    void testAnOutputThatIsAFile() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), List.of("a", "b"), 10);
        Path file = Files.writeString(folder.resolve("run"), "taken");

        assertThat(train(data, file).err()).contains(file.toString());
        assertThat(file).hasContent("taken");
    }

    private static Run train(Path data, Path out, String... more) {
        List<String> words =
                new ArrayList<>(
                        List.of(
                                "train",
                                "--data=" + data,
                                "--out=" + out,
                                "--recipe=quick",
                                "--batch=8",
                                "--widths=8,8,16",
                                "--depths=1,1,1",
                                "--strides=1,2,2",
                                "--threads=1"));
        words.addAll(List.of(more));
        return Run.repvgg(words.toArray(String[]::new));
    }
}
