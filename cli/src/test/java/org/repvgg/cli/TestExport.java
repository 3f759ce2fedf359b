package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.repvgg.benchmark.OnnxSession;
import org.repvgg.evaluate.Tolerances;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.Json;
import org.repvgg.format.Npy;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.torch.TorchScriptNetwork;

final class TestExport {
    @TempDir Path folder;

    private String out(String name) {
        return folder.resolve(name).toString();
    }

    private List<String> written() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void testFoldsAndAnswersWhatTheReferenceAnswers() throws IOException {
        String out = out("a.onnx");
        Json.Object answer =
                Run.repvgg("export", Goldens.TRAIN, "-o", out, "--input=32x32", "--json").json();

        assertThat(answer.get("form").asText()).isEqualTo("plain");
        assertThat(answer.get("folded").asBoolean()).isTrue();
        assertThat(answer.get("holds").asBoolean()).isTrue();
        assertThat(answer.get("runtime").asText()).startsWith("ONNX Runtime");
        assertThat(answer.get("maxAbsDifference").asDouble()).isLessThan(Tolerances.UNIT_LOGITS);
        assertThat(answer.get("images").compact()).isEqualTo("[\"[1,3,32,32]\",\"[2,3,25,37]\"]");
        assertThat(answer.get("input").compact()).contains("[\"N\",3,\"H\",\"W\"]");
        assertThat(answer.get("output").asText()).isEqualTo(out);
        assertThat(answer.get("bytes").asLong()).isEqualTo(Files.size(Path.of(out)));
        assertThat(written()).containsExactly("a.onnx");
        try (OnnxSession session = OnnxSession.load(Path.of(out), 1)) {
            assertClose(
                    session.answer(Npy.read(Path.of(Goldens.IMAGES))).get("logits"),
                    Npy.read(Goldens.LOGITS));
        }
    }

    @Test
    void testTorchScript() throws IOException {
        String out = out("a.pt");
        Run run = Run.repvgg("export", Goldens.TRAIN, "-o", out, "--input=32x32");

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("folded: images [N,3,H,W] → logits [N,10]")
                .contains("libtorch 2.10 answers alike")
                .contains("wrote " + out);
        assertThat(written()).containsExactly("a.pt");
        try (var network = TorchScriptNetwork.load(Path.of(out), "logits", 1)) {
            assertClose(
                    network.answer(Npy.read(Path.of(Goldens.IMAGES))).get("logits"),
                    Npy.read(Goldens.LOGITS));
        }
    }

    @Test
    void testTrainingForm() {
        Json.Object answer =
                Run.repvgg(
                                "export",
                                Goldens.TRAIN,
                                "-o",
                                out("a.onnx"),
                                "--input=32",
                                "--form=train",
                                "--json")
                        .json();

        assertThat(answer.get("form").asText()).isEqualTo("train");
        assertThat(answer.get("folded").asBoolean()).isFalse();
        assertThat(answer.get("holds").asBoolean()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"a.onnx", "a.pt"})
    void testProbabilitiesOfPixels(String name) {
        Run run =
                Run.repvgg(
                        "export",
                        Goldens.PLAIN,
                        "-o",
                        out(name),
                        "--input=32",
                        "--softmax",
                        "--preprocessing");

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("plain form: pixels [N,3,H,W] → probabilities [N,10]")
                .contains("takes pixel values from 0 to 255, red, green, blue");
    }

    @ParameterizedTest
    @CsvSource({"a.onnx", "a.pt"})
    void testFeatures(String name) {
        Json.Object answer =
                Run.repvgg(
                                "export",
                                Goldens.TRAIN,
                                "-o",
                                out(name),
                                "--input=32",
                                "--features=stage3, 1",
                                "--json")
                        .json();

        assertThat(answer.get("outputs").asList()).hasSize(2);
        assertThat(answer.get("outputs").asList().getFirst().compact())
                .contains("\"stage3\"", "\"H_stage3\"", "every 16 pixels");
        assertThat(answer.get("holds").asBoolean()).isTrue();
    }

    @Test
    void testWeightsInAFileOfTheirOwn() throws IOException {
        Json.Object answer =
                Run.repvgg(
                                "export",
                                Goldens.TRAIN,
                                "-o",
                                out("a.onnx"),
                                "--input=32",
                                "--external-weights",
                                "--fixed-size",
                                "--json")
                        .json();

        assertThat(written()).containsExactly("a.onnx", "a.onnx.data");
        assertThat(answer.get("files").asList()).hasSize(2);
        assertThat(answer.get("bytes").asLong()).isGreaterThan(100_000);
        assertThat(answer.get("images").compact()).isEqualTo("[\"[1,3,32,32]\",\"[2,3,32,32]\"]");
    }

    /// Weights that overflow: both answer NaN, and that is no agreement.
    @ParameterizedTest
    @CsvSource({"a.onnx", "a.pt"})
    void testWritesNothingWhereAnswersDiffer(String name) throws IOException {
        Path in = folder.resolve("huge.safetensors");
        BranchedModel fresh =
                InitialWeights.random(
                        RepVggFamily.A0.spec().toBuilder().scaleWidths(0.1).classes(2).build(),
                        InputSpec.centred(3, 32, 32),
                        1);
        Checkpoint.write(in, Explosions.scaled(fresh, 1e30f));

        assertThat(Run.repvgg("export", in.toString(), "-o", out(name)).refusal(ExitCode.FAILED))
                .contains(
                        "does not answer alike; nothing was written: largest difference of logits");
        assertThat(written()).containsExactly("huge.safetensors");
    }

    @Test
    void testWhatCannotBeFoldedCanBeExportedAsItIs() throws IOException {
        Path in = folder.resolve("relu.safetensors");
        Checkpoint.write(
                in,
                InitialWeights.random(
                        RepVggFamily.A0.spec().toBuilder()
                                .scaleWidths(0.1)
                                .branches(
                                        List.of(
                                                BranchSpec.parse("conv3x3"),
                                                BranchSpec.parse("conv1x1-relu")))
                                .build(),
                        InputSpec.centred(3, 32, 32),
                        1));

        assertThat(
                        Run.repvgg("export", in.toString(), "-o", out("a.onnx"))
                                .refusal(ExitCode.WRONG_INPUT))
                .contains("conv1x1-relu")
                .endsWith("; --form train exports it as it is");
        assertThat(
                        Run.repvgg("export", in.toString(), "-o", out("a.onnx"), "--form=train")
                                .status())
                .isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a.onxx             | a.onxx: the output is a .onnx or a .pt file; name it so",
                "a.onnx --features 7| --features wants stage0 to stage4, not '7'",
                "a.onnx --features head | --features wants stage0 to stage4, not 'head'",
                "a.onnx --features 1 --softmax | --softmax is of classes, and --features leaves them away",
                "a.pt --form train  | --form train can be exported as .onnx only",
                "a.onnx --form train| deploy.safetensors: is the plain form",
                "a.pt --fixed-size  | --fixed-size belongs to .onnx files",
                "absent/a.onnx      | there is no folder",
            })
    void testWrongInput(String arguments, String why) throws IOException {
        String[] words = arguments.split(" ");
        words[0] = out(words[0]);
        String[] all =
                Stream.concat(Stream.of("export", Goldens.PLAIN, "-o"), Stream.of(words))
                        .toArray(String[]::new);

        assertThat(Run.repvgg(all).refusal(ExitCode.WRONG_INPUT)).contains(why);
        assertThat(written()).isEmpty();
    }

    @Test
    void testMissingFile() {
        assertThat(
                        Run.repvgg("export", out("no.safetensors"), "-o", out("a.onnx"))
                                .refusal(ExitCode.WRONG_INPUT))
                .endsWith("no.safetensors: no such file");
        assertThat(Run.repvgg("export", "A0", "-o", out("a.onnx")).refusal(ExitCode.WRONG_INPUT))
                .contains("A0 is a name without weights");
    }

    /// A checkpoint may be called `.pt`, too.
    @Test
    void testRefusesToOverwriteItsInput() throws IOException {
        Path in = Files.copy(Path.of(Goldens.TRAIN), folder.resolve("net.pt"));
        byte[] before = Files.readAllBytes(in);

        assertThat(
                        Run.repvgg("export", in.toString(), "-o", in.toString())
                                .refusal(ExitCode.WRONG_INPUT))
                .endsWith("net.pt: is the input, too; give the output another name");
        assertThat(in).hasBinaryContent(before);
    }

    private static void assertClose(Tensor theirs, Tensor ours) {
        assertThat(theirs.shape()).isEqualTo(ours.shape());
        for (int i = 0; i < ours.shape().elements(); i++) {
            assertThat(Math.abs(theirs.get(i) - ours.get(i)))
                    .isLessThan((float) Tolerances.UNIT_LOGITS);
        }
    }
}
