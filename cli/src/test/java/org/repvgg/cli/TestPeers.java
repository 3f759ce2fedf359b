package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.format.Npy;
import org.repvgg.tensor.Tensor;

/// What PyTorch and ONNX's own checker, in Python, say of our files.
final class TestPeers {
    /// Logits of about unit size, and sums that are rounded in another order.
    private static final float TOLERANCE = 1e-5f;

    @TempDir Path folder;

    private Path file(String name) {
        return folder.resolve(name);
    }

    private void repvgg(String... arguments) {
        Run run = Run.repvgg(arguments);
        assertThat(run.status()).as(run.err()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--form=plain",
                "--form=train",
                "--softmax --preprocessing",
                "--features=stage1,stage3",
                "--fixed-size",
                "--external-weights"
            })
    void testOnnxIsValid(String options) {
        Python python = Python.with("onnx");
        String out = file("a.onnx").toString();
        String command = "export %s --input=32 %s -o".formatted(Goldens.TRAIN, options);
        repvgg(Stream.concat(Stream.of(command.split(" ")), Stream.of(out)).toArray(String[]::new));

        python.peers("onnx", out);
    }

    @Test
    void testPyTorchAnswersAlike() throws IOException {
        Python python = Python.with("torch");
        String plain = file("plain.safetensors").toString();
        String train = file("train.safetensors").toString();
        String script = file("script.pt").toString();
        String ours = file("ours.npy").toString();
        repvgg("fold", Goldens.TRAIN, "-o", plain);
        repvgg("convert", Goldens.TRAIN, "-o", train);
        repvgg("export", plain, "-o", script, "--input=32");

        python.peers("torch", plain, train, script, Goldens.IMAGES, folder.toString());

        repvgg("run", plain, "--input", Goldens.IMAGES, "--output", ours);
        for (String answer : new String[] {"plain", "train", "script"}) {
            assertClose(answer, Npy.read(file(answer + ".npy")), Npy.read(Path.of(ours)));
        }
        repvgg("run", plain, "--input", Goldens.IMAGES, "--output", ours, "--features=stage1");
        assertClose("stage1", Npy.read(file("stage1.npy")), Npy.read(Path.of(ours)));
    }

    private static void assertClose(String name, Tensor theirs, Tensor ours) {
        assertThat(theirs.shape()).as(name).isEqualTo(ours.shape());
        for (int i = 0; i < ours.shape().elements(); i++) {
            assertThat(theirs.get(i))
                    .as("%s %s", name, i)
                    .isCloseTo(ours.get(i), within(TOLERANCE));
        }
    }
}
