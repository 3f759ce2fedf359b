package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.format.Json;

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
