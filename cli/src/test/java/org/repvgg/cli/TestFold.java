package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.Json;
import org.repvgg.format.SafetensorsWriter;
import org.repvgg.format.TensorFile;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.Form;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.tensor.Tensor;

final class TestFold {
    @TempDir Path folder;

    @Test
    void testFoldsAndSaysHowWell() throws IOException {
        Path out = folder.resolve("plain.safetensors");
        Json.Object answer =
                Run.repvgg("fold", Goldens.TRAIN, "-o", out.toString(), "--json").json();

        assertThat(answer.get("holds").asBoolean()).isTrue();
        assertThat(answer.get("images").asInt()).isEqualTo(32);
        assertThat(answer.get("top1Agreement").asDouble()).isEqualTo(1);
        assertThat(answer.get("maxAbsDifference").asDouble())
                .isLessThanOrEqualTo(answer.get("tolerance").asDouble());
        assertThat(answer.get("layers").asList()).isEmpty();
        assertThat(Checkpoint.read(out).form()).isEqualTo(Form.PLAIN);
        assertThat(Run.repvgg("verify", Goldens.PLAIN, out.toString()).status()).isZero();
        assertThat(Run.repvgg("inspect", out.toString()).out()).contains("fold.images", "37,914");
    }

    @Test
    void testLayers() {
        Path out = folder.resolve("plain.safetensors");
        Run run = Run.repvgg("fold", Goldens.TRAIN, "-o", out.toString(), "--layers");

        assertThat(run.status()).isZero();
        assertThat(run.out())
                .contains("42,698 parameters became 37,914", "same prediction on 32 of 32 images")
                .contains("largest difference", "stage0 ", "stage4.0");
    }

    @Test
    void testVerifiesOnData() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), List.of("a", "b"), 3);
        Json.Object answer =
                Run.repvgg(
                                "fold",
                                Goldens.TRAIN,
                                "-o",
                                folder.resolve("plain.safetensors").toString(),
                                "--verify-with",
                                data.toString(),
                                "--input=32",
                                "--json")
                        .json();

        assertThat(answer.get("images").asInt()).isEqualTo(6);
    }

    /// The network of the golden file behind a prefix, and beside something else.
    private Path detector() throws IOException {
        Path path = folder.resolve("detector.safetensors");
        try (TensorFile file = TensorFile.open(Path.of(Goldens.TRAIN))) {
            SafetensorsWriter writer = new SafetensorsWriter();
            file.entries().keySet().forEach(name -> writer.copy(name, file));
            writer.add("neck.0.conv.weight", Tensor.vector(1, 2, 3)).write(path);
        }
        return path;
    }

    @Test
    void testFoldsTheBlocksOfABiggerNetwork() throws IOException {
        Path in = detector();
        Path out = folder.resolve("folded.safetensors");
        Run run = Run.repvgg("fold", in.toString(), "-o", out.toString(), "--partial");

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("stage1.0 ", "convolution", "folded 8 of 8 blocks", "3 other tensors")
                .contains("epsilon of 1.0e-05; say otherwise with --epsilon", "wrote " + out);
        try (TensorFile file = TensorFile.open(out)) {
            assertThat(file.read("neck.0.conv.weight").toArray()).containsExactly(1, 2, 3);
            assertThat(file.entries().keySet())
                    .contains("stage0.rbr_reparam.weight")
                    .noneMatch(name -> name.contains("rbr_dense"));
        }
        Json.Object answer =
                Run.repvgg(
                                "fold",
                                in.toString(),
                                "-o",
                                out.toString(),
                                "--partial",
                                "--epsilon=1e-3",
                                "--json")
                        .json();
        assertThat(answer.get("blocks").asList()).hasSize(8);
        assertThat(answer.get("left").asList()).isEmpty();
        assertThat(answer.get("maxAbsDifference").asDouble()).isBetween(0.0, 1e-4);
    }

    @Test
    void testRefusesToFoldInPartWhatHasNoBlocks() throws IOException {
        Path out = folder.resolve("x.safetensors");
        assertThat(
                        Run.repvgg("fold", Goldens.PLAIN, "-o", out.toString(), "--partial")
                                .refusal(ExitCode.WRONG_INPUT))
                .contains("no block is found by names such as rbr_dense");
        assertThat(
                        Run.repvgg("fold", Goldens.TRAIN, "-o", out.toString(), "--epsilon=1e-3")
                                .refusal(ExitCode.WRONG_INPUT))
                .contains("it comes with --partial");
        assertThat(
                        Run.repvgg(
                                        "fold",
                                        detector().toString(),
                                        "-o",
                                        out.toString(),
                                        "--partial",
                                        "--layers")
                                .refusal(ExitCode.WRONG_INPUT))
                .contains("--layers runs whole networks");
        assertThat(out).doesNotExist();
    }

    @Test
    void testRefusesThePlainForm() {
        assertThat(
                        Run.repvgg(
                                        "fold",
                                        Goldens.PLAIN,
                                        "-o",
                                        folder.resolve("x.safetensors").toString())
                                .refusal(ExitCode.WRONG_INPUT))
                .isEqualTo(
                        "repvgg fold: "
                                + Goldens.PLAIN
                                + ": is the plain form already, there is nothing to fold");
    }

    @Test
    void testRefusesToOverwriteItsInput() throws IOException {
        Path in = Files.copy(Path.of(Goldens.TRAIN), folder.resolve("net.safetensors"));
        byte[] before = Files.readAllBytes(in);

        assertThat(
                        Run.repvgg("fold", in.toString(), "-o", in.toString())
                                .refusal(ExitCode.WRONG_INPUT))
                .endsWith("net.safetensors: is the input, too; give the output another name");
        assertThat(in).hasBinaryContent(before);
    }

    @Test
    void testRefusesABranchThatIsNotLinear() throws IOException {
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
        Path out = folder.resolve("plain.safetensors");

        assertThat(
                        Run.repvgg("fold", in.toString(), "-o", out.toString())
                                .refusal(ExitCode.WRONG_INPUT))
                .contains("conv1x1-relu", "stage0");
        assertThat(out).doesNotExist();
    }

    /// Weights that overflow: the two forms answer NaN, and that is no agreement.
    @Test
    void testWritesNothingWhereTheFormsDisagree() throws IOException {
        Path in = folder.resolve("huge.safetensors");
        BranchedModel fresh =
                InitialWeights.random(
                        RepVggFamily.A0.spec().toBuilder().scaleWidths(0.1).classes(2).build(),
                        InputSpec.centred(3, 32, 32),
                        1);
        Checkpoint.write(in, Explosions.scaled(fresh, 1e30f));
        Path out = folder.resolve("plain.safetensors");
        Run run = Run.repvgg("fold", in.toString(), "-o", out.toString(), "--json");

        assertThat(run.status()).isEqualTo(ExitCode.FAILED);
        assertThat(run.err()).contains("does not answer alike; nothing was written");
        assertThat(Json.parse(run.out()).asObject().get("holds").asBoolean()).isFalse();
        assertThat(out).doesNotExist();
    }

    static boolean hasFullDevice() {
        return Files.exists(Path.of("/dev/full"));
    }

    /// `/dev/full` refuses every byte; it is no regular file, and refused as such.
    @Test
    @EnabledIf("hasFullDevice")
    void testRefusesADevice() throws IOException {
        Path link =
                Files.createSymbolicLink(folder.resolve("full.safetensors"), Path.of("/dev/full"));

        assertThat(Run.repvgg("fold", Goldens.TRAIN, "-o", link.toString()).err())
                .contains("full.safetensors")
                .hasLineCount(1);
        Files.delete(link);
    }
}
