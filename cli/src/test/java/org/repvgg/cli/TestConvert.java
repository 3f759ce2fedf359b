package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.fold.Fold;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.Json;
import org.repvgg.model.Model;
import org.repvgg.model.Provenance;
import org.repvgg.spec.Form;

final class TestConvert {
    private static final Path GOLDEN = Path.of("../core/src/test/resources/golden");
    private static final String LEGACY =
            GOLDEN.resolve("official-small-legacy/train.pth").toString();
    private static final String TIMM = GOLDEN.resolve("timm-small/train.safetensors").toString();

    @TempDir Path folder;

    @Test
    void testSaysWhatBecameOfIt() {
        Path out = folder.resolve("a.safetensors");
        Run run = Run.repvgg("convert", LEGACY, "-o", out.toString());

        assertThat(run.status()).isZero();
        assertThat(run.out())
                .contains("training form, 10 classes")
                .contains("names of reference behind 'module.' -> reference")
                .contains(
                        "tensors are left out, such as module.stage0.rbr_1x1.bn.num_batches_tracked")
                .contains("assumed: strides [2,2,2,2,2]; say otherwise with --strides")
                .contains("wrote " + out);
        assertThat(Run.repvgg("verify", LEGACY, out.toString()).status()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"reference", "timm", "mmpretrain"})
    void testAnswersAlikeUnderEveryName(String names) throws IOException {
        Path out = folder.resolve("a.safetensors");
        Json.Object answer =
                Run.repvgg("convert", TIMM, "-o", out.toString(), "--names", names, "--json")
                        .json();

        assertThat(answer.get("fromNames").asText()).isEqualTo("timm");
        assertThat(answer.get("names").asText()).isEqualTo(names);
        assertThat(answer.get("form").asText()).isEqualTo("train");
        assertThat(answer.get("tensors").asList()).isNotEmpty();
        Run verified = Run.repvgg("verify", TIMM, out.toString(), "--json");
        assertThat(verified.json().get("maxAbsDifference").asDouble()).isZero();
    }

    @Test
    void testListsEveryTensor() {
        Run run =
                Run.repvgg(
                        "convert",
                        TIMM,
                        "-o",
                        folder.resolve("a.safetensors").toString(),
                        "--list");
        assertThat(run.out())
                .contains("stem.conv_kxk.conv.weight -> stage0.rbr_dense.conv.weight")
                .contains("head.fc.bias -> linear.bias");
    }

    @Test
    void testHalfPrecisionIsSmallerAndSaysHowFarAnswersMove() throws IOException {
        Path in = folder.resolve("plain.safetensors");
        Checkpoint.write(in, Fold.fold(MadeZoo.network(3)));
        Path out = folder.resolve("half.safetensors");
        Path data = Pictures.classes(folder.resolve("data"), MadeZoo.CLASSES, 4);
        Run run =
                Run.repvgg(
                        "convert",
                        in.toString(),
                        "-o",
                        out.toString(),
                        "--half",
                        "--verify-with",
                        data.toString());

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("half precision moves logits by up to ", " of 12 images", "top-1 ")
                .contains("wrote " + out);
        assertThat(Files.size(out)).isLessThan(Files.size(in) * 2 / 3);
        Json.Object answer = convert(in, out, "--half", "--images=9", "--layers");
        assertThat(answer.get("type").asText()).isEqualTo("F16");
        assertThat(answer.get("images").asInt()).isEqualTo(9);
        assertThat(answer.get("maxAbsDifference").asDouble()).isBetween(1e-7, 0.1);
        assertThat(answer.get("top1Agreement").asDouble()).isBetween(0.5, 1.0);
        assertThat(answer.get("layers").asList()).hasSize(4);
        assertThat(convert(in, out).get("type").asText()).isEqualTo("F32");
    }

    @Test
    void testHalfPrecisionNotesWhatBecameOfTheAccuracy() throws IOException {
        Path in = folder.resolve("train.safetensors");
        Checkpoint.write(in, MadeZoo.network(3));
        Path plain = folder.resolve("plain.safetensors");
        Path data = Pictures.classes(folder.resolve("data"), MadeZoo.CLASSES, 4);
        String with = "--verify-with=" + data;
        Run folded = Run.repvgg("fold", in.toString(), "-o", plain.toString(), with);
        assertThat(folded.status()).as(folded.err()).isZero();
        assertThat(folded.out()).containsPattern("top-1 [\\d.]+ % and [\\d.]+ %");
        Provenance before = Checkpoint.read(plain).provenance();
        Path out = folder.resolve("half.safetensors");
        Json.Object answer = convert(plain, out, "--half", with);

        Model stored = Checkpoint.read(out);
        assertThat(stored.provenance().facts())
                .containsAllEntriesOf(
                        before.with(
                                        Map.of(
                                                "half.images",
                                                "12",
                                                "half.top1Agreement",
                                                Double.toString(
                                                        answer.get("top1Agreement").asDouble())))
                                .withTop1(Form.PLAIN, answer.get("secondTop1").asDouble(), 12)
                                .facts());
        assertThat(before.top1(Form.TRAIN)).isPresent();
        assertThat(stored.input().classNames()).isEqualTo(MadeZoo.CLASSES);
        assertThat(
                        Run.repvgg("evaluate", out.toString(), "--data=" + data, "--json")
                                .json()
                                .get("top1")
                                .asDouble())
                .isEqualTo(answer.get("secondTop1").asDouble());
    }

    private static Json.Object convert(Path in, Path out, String... more) {
        List<String> command =
                new ArrayList<>(List.of("convert", in.toString(), "-o", out.toString(), "--json"));
        command.addAll(List.of(more));
        return Run.repvgg(command.toArray(String[]::new)).json();
    }

    @Test
    void testRefusesWhatHalfPrecisionCannotHold() throws IOException {
        Path in = folder.resolve("huge.safetensors");
        Checkpoint.write(in, Explosions.scaled(MadeZoo.network(3), 1e6f));
        Path out = folder.resolve("half.safetensors");

        assertThat(
                        Run.repvgg("convert", in.toString(), "-o", out.toString(), "--half")
                                .refusal(ExitCode.WRONG_INPUT))
                .contains(
                        in + ": half precision ends at 65504.0, element ",
                        "stage0.rbr_dense.bn.weight");
        assertThat(
                        Run.repvgg("convert", TIMM, "-o", out.toString(), "--layers")
                                .refusal(ExitCode.WRONG_INPUT))
                .endsWith("--layers goes with --half: otherwise weights stay as they are");
        assertThat(out).doesNotExist();
    }

    @Test
    void testWrongInput() throws IOException {
        String out = folder.resolve("a.safetensors").toString();
        assertThat(Run.repvgg("convert", TIMM, "-o", out, "--names", "keras").err())
                .contains("--names is one of reference, timm, mmpretrain, not 'keras'");
        assertThat(Run.repvgg("convert", TIMM, "-o", folder.resolve("a.pth").toString()).status())
                .isEqualTo(ExitCode.WRONG_INPUT);
        Path broken = folder.resolve("b.pth");
        Files.write(broken, new byte[] {'P', 'K', 3, 4, 0, 0});
        Run run = Run.repvgg("convert", broken.toString(), "-o", out);
        assertThat(run.status()).isEqualTo(ExitCode.WRONG_INPUT);
        assertThat(run.err()).contains(broken + ": not a sound zip").hasLineCount(1);
        assertThat(Path.of(out)).doesNotExist();
    }
}
