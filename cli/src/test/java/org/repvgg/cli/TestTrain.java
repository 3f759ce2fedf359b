package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.Json;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.BranchedModel;
import org.repvgg.tensor.Tensor;

/// A training of seconds, from the command line to the report.
final class TestTrain {
    private static final Path GOLDEN = Path.of("../core/src/test/resources/golden");
    private static final List<String> SMALL =
            List.of("--widths=8,8,16", "--depths=1,1,1", "--strides=1,2,2");

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
        Json.Object inspected = Run.repvgg("inspect", plain.toString(), "--json").json();
        assertThat(inspected.get("form").asText()).isEqualTo("plain");
        Json.Object facts = inspected.get("provenance").asObject();
        assertThat(facts.get("train.top1").asText())
                .isEqualTo(Double.toString(before.get("top1").asDouble()));
        assertThat(facts.get("plain.top1").asText())
                .isEqualTo(Double.toString(after.get("top1").asDouble()));
        assertThat(facts.get("plain.images").asText())
                .isEqualTo(Integer.toString(after.get("images").asInt()));
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
                        "--body-rate=0.5",
                        "--balance",
                        "--freeze=stage1",
                        "--mixup=0.2",
                        "--recompute-statistics=16");

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.err())
                .contains("frozen: stem to stage1", "balance: classes have 16 to 16 images");
        assertThat(folder.resolve("run/config.json"))
                .content()
                .contains(
                        "\"accumulation\": \"2 batches a step\"",
                        "\"frozen\": \"stem to stage1\"",
                        "\"mixup\": \"alpha 0.2\"",
                        "\"recomputed statistics\": \"over 16 images\"",
                        "\"rate of the body\": \"0.5\"",
                        "\"balance\": \"every class as often\"",
                        "\"patience\": \"none\"",
                        "\"init\": \"none\"",
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
        assertThat(train(data, folder.resolve("x"), "--body-rate=-1").refusal(ExitCode.WRONG_INPUT))
                .contains("body's rate", "-1.0");
        assertThat(
                        train(data, folder.resolve("x"), "--patience=2", "--recompute-statistics=9")
                                .refusal(ExitCode.WRONG_INPUT))
                .contains("2 epochs", "9 images");
    }

    @Test
    void testTrainsAPlainNetworkByMultipliedGradients() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), List.of("red", "green"), 12);
        Path out = folder.resolve("run");
        String plain = "--branches=conv3x3";
        Run run = train(data, out, "--epochs=1", plain, "--rep-optimizer");

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.err()).contains("gradients: multiplied (RepOptimizer, ");
        Path trained = out.resolve("trained.safetensors");
        assertThat(provenance(trained).get("gradients").asText()).startsWith("multiplied (");
        assertThat(out.resolve("report.html")).content().contains("multiplied (RepOptimizer, ");
        Run without = train(data, out, "--epochs=1", plain, "--resume");
        assertThat(without.status()).isEqualTo(ExitCode.WRONG_INPUT);
        assertThat(without.err())
                .contains("gradients is as they are now and was multiplied (RepOptimizer, ");

        Path tuned = folder.resolve("tuned");
        Run again = tune(data, tuned, trained, "--epochs=1", "--rep-optimizer");
        assertThat(again.status()).as(again.err()).isZero();
        assertThat(again.err()).contains("gradients: multiplied (RepOptimizer, ");
    }

    @Test
    void testMultipliesNoGradientsOfBranches() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), List.of("red", "green"), 12);
        Path out = folder.resolve("run");
        String why = "has [conv3x3, conv1x1]: it wants a network of --branches conv3x3";
        assertThat(train(data, out, "--rep-optimizer").refusal(ExitCode.WRONG_INPUT)).contains(why);
        Path branched = GOLDEN.resolve("official-small/train.pth");
        assertThat(tune(data, out, branched, "--rep-optimizer").refusal(ExitCode.WRONG_INPUT))
                .contains(why);
        assertThat(out).doesNotExist();
    }

    @Test
    void testBeginsWithAWhitenedStem() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), List.of("red", "green"), 12);
        Path out = folder.resolve("run");
        Run run = train(data, out, "--epochs=1", "--whiten");

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.err()).contains("frozen: stem");
        Path trained = out.resolve("trained.safetensors");
        assertThat(provenance(trained).get("stem").asText()).startsWith("whitening filters");
        Path other = folder.resolve("other");
        assertThat(tune(data, other, trained, "--whiten").refusal(ExitCode.WRONG_INPUT))
                .contains("--whiten is for fresh weights, but --init takes trained ones");
        assertThat(train(data, other, "--whiten", "--branches=dirac").refusal(ExitCode.WRONG_INPUT))
                .contains("a whitened stem has convolutions alone");
        Run tuned = tune(data, other, trained, "--recipe=fast", "--batch=8", "--epochs=1");
        assertThat(tuned.status()).as(tuned.err()).isZero();
        assertThat(provenance(other.resolve("plain.safetensors")).get("frozen").asText())
                .isEqualTo("none");
    }

    @Test
    void testEndsEarlyAndSaysWhy() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), List.of("red", "green"), 12);
        Path out = folder.resolve("run");
        Run run = train(data, out, "--epochs=9", "--lr=1e-6", "--patience=2", "--json");

        assertThat(run.json().get("epochs").asInt()).isEqualTo(3);
        assertThat(run.err())
                .contains("ended after epoch 3 of 9: no better top-1 in 2 epochs than the ");
        assertThat(out.resolve("report.html"))
                .content()
                .contains("ended", "after epoch 3 of 9: no better top-1 in 2 epochs");
        assertThat(provenance(out.resolve("trained.safetensors")).get("epoch").asText())
                .isEqualTo("1 of 9");
    }

    private static Json.Object provenance(Path checkpoint) {
        return Run.repvgg("inspect", checkpoint.toString(), "--json")
                .json()
                .get("provenance")
                .asObject();
    }

    @Test
    void testBeginsFromATrainedNetwork() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), List.of("a", "b", "c"), 12);
        Path first = folder.resolve("first");
        assertThat(train(data, first, "--epochs=1").status()).isZero();
        Path trained = first.resolve("trained.safetensors");

        Path others = Pictures.classes(folder.resolve("others"), List.of("x", "y"), 12);
        Path out = folder.resolve("tuned");
        Run tuned = tune(others, out, trained, "--epochs=2", "--json");
        assertThat(tuned.status()).as(tuned.err()).isZero();
        assertThat(tuned.err())
                .contains("init: trained.safetensors, with a new head for 2 classes");
        assertThat(out.resolve("config.json"))
                .content()
                .contains(
                        "\"recipe\": \"finetune\"",
                        "\"rate of the body\": \"0.1\"",
                        "\"init\": \"trained.safetensors\"",
                        "\"init digest\": \"");
        Json.Object provenance = provenance(out.resolve("plain.safetensors"));
        assertThat(provenance.get("init").asText()).isEqualTo("trained.safetensors");
        assertThat(provenance.get("init digest").asText()).hasSize(64);

        Run again = tune(others, out, trained, "--epochs=2", "--resume");
        assertThat(again.status()).as(again.err()).isZero();
        Path best = first.resolve("best.safetensors");
        assertThat(tune(others, out, best, "--epochs=2", "--resume").err())
                .contains("init is best.safetensors now and was trained.safetensors");

        List<String> asItIs = new ArrayList<>(SMALL);
        asItIs.addAll(List.of("--model=A0", "--epochs=1"));
        Run same = tune(data, folder.resolve("same"), trained, asItIs.toArray(String[]::new));
        assertThat(same.err()).contains("init: trained.safetensors, its head, too");
        assertThat(same.status()).as(same.err()).isZero();
        Run larger = tune(data, folder.resolve("larger"), trained, "--epochs=1", "--input=24x20");
        assertThat(larger.status()).as(larger.err()).isZero();
        BranchedModel before = Checkpoint.readBranched(trained);
        assertThat(Checkpoint.readBranched(folder.resolve("larger/trained.safetensors")).input())
                .isEqualTo(before.input().withSize(24, 20));
        assertThat(before.input().mean()).as("measured").isNotEqualTo(List.of(0.5f, 0.5f, 0.5f));
    }

    @Test
    void testFreezesWhatItLoaded() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), List.of("a", "b"), 12);
        Path out = folder.resolve("tuned");
        Path plus = GOLDEN.resolve("plus-post-se/train.pth");
        Run tuned =
                tune(data, out, plus, "--epochs=1", "--batch=8", "--input=32", "--freeze=stage2");
        assertThat(tuned.status()).as(tuned.err()).isZero();

        Map<String, Tensor> loaded = ReferenceNames.tensors(Checkpoint.readBranched(plus));
        Map<String, Tensor> after =
                ReferenceNames.tensors(Checkpoint.readBranched(out.resolve("trained.safetensors")));
        assertThat(after.keySet()).isEqualTo(loaded.keySet());
        loaded.forEach(
                (name, tensor) -> {
                    boolean frozen = name.matches("stage[012]\\..*");
                    assertThat(Arrays.equals(after.get(name).toArray(), tensor.toArray()))
                            .as(name)
                            .isEqualTo(frozen);
                });
    }

    @Test
    void testRefusesWhatItCannotBeginFrom() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), List.of("a", "b"), 12);
        Path out = folder.resolve("x");
        Path train = GOLDEN.resolve("official-small/train.pth");
        Path plain = GOLDEN.resolve("official-small/deploy.safetensors");

        assertThat(tune(data, out, plain).refusal(ExitCode.WRONG_INPUT))
                .contains(plain.toString(), "plain form", "trained.safetensors");
        assertThat(tune(data, out, folder.resolve("none")).refusal(ExitCode.WRONG_INPUT))
                .contains("none: no such file");
        assertThat(tune(data, out, Path.of("A0")).refusal(ExitCode.WRONG_INPUT))
                .contains("A0 is a name without weights");
        assertThat(tune(data, out, train, "--model=A0").refusal(ExitCode.WRONG_INPUT))
                .contains("widths: " + train + " has [8,8,16,32,64]", "[48,48,96,192,1280]");
        assertThat(tune(data, out, train, "--width=0.5").refusal(ExitCode.WRONG_INPUT))
                .contains("widths", "[8,8,16,32,64]", "[4,4,8,16,32]");
        assertThat(tune(data, out, train, "--input=1x16x16").refusal(ExitCode.WRONG_INPUT))
                .contains("inputChannels", "has 3", "say 1");
        assertThat(tune(data, out, train, "--classes=7", "--input=16").err())
                .contains("--classes is 7", "has 2");
        assertThat(train(data, out, "--model=" + train).refusal(ExitCode.WRONG_INPUT))
                .contains("--init " + train);
    }

    /// Few photos of many sizes: what has been learnt from others helps.
    @Test
    void testLearnsFewPhotosOfManySizesWithDefaults() throws IOException {
        Path few = folder.resolve("few");
        Drawings.write(few.resolve("train"), 5, 10, 10, 2);
        Drawings.write(few.resolve("test"), 5, 10, 20, 3);
        Path trained = Path.of("../train/src/test/resources/golden/few-images/trained.safetensors");
        List<String> options = List.of("--threads=1", "--json");

        double tuned = top1(few, folder.resolve("tuned"), options, "--init=" + trained);
        double scratch =
                top1(
                        few,
                        folder.resolve("scratch"),
                        options,
                        "--recipe=finetune",
                        "--input=32",
                        "--widths=8,16,32,64,64",
                        "--depths=1,1,2,1,1",
                        "--strides=1,2,2,2,1");
        assertThat(tuned).isGreaterThan(scratch + 0.25);
    }

    private static double top1(Path data, Path out, List<String> options, String... more) {
        List<String> words = new ArrayList<>(List.of("train", "--data=" + data, "--out=" + out));
        words.addAll(options);
        words.addAll(List.of(more));
        return Run.repvgg(words.toArray(String[]::new))
                .json()
                .get("after")
                .asObject()
                .get("top1")
                .asDouble();
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
                                "--threads=1"));
        words.addAll(SMALL);
        words.addAll(List.of(more));
        return Run.repvgg(words.toArray(String[]::new));
    }

    private static Run tune(Path data, Path out, Path init, String... more) {
        List<String> words =
                new ArrayList<>(
                        List.of(
                                "train",
                                "--data=" + data,
                                "--out=" + out,
                                "--init=" + init,
                                "--threads=1"));
        words.addAll(List.of(more));
        return Run.repvgg(words.toArray(String[]::new));
    }
}
