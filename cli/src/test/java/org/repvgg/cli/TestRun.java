package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.evaluate.Tolerances;
import org.repvgg.format.Npy;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

final class TestRun {
    @TempDir Path folder;

    @Test
    void testAnswersWhatTheReferenceAnswers() throws IOException {
        Path out = folder.resolve("y.npy");
        for (String form : new String[] {Goldens.TRAIN, Goldens.PLAIN}) {
            Run run =
                    Run.repvgg("run", form, "--input", Goldens.IMAGES, "--output", out.toString());

            assertThat(run.status()).as(run.err()).isZero();
            assertThat(run.out()).startsWith("[2,3,31,45] → [2,10]");
            assertClose(Npy.read(out), Npy.read(Goldens.LOGITS));
        }
    }

    @Test
    void testFeaturesOfAStage() throws IOException {
        Path out = folder.resolve("y.npy");

        assertThat(
                        Run.repvgg(
                                        "run",
                                        Goldens.PLAIN,
                                        "--input",
                                        Goldens.IMAGES,
                                        "--output",
                                        out.toString(),
                                        "--features=stage1",
                                        "--json")
                                .json()
                                .get("output")
                                .compact())
                .isEqualTo("[2,8,8,12]");
        assertThat(Npy.read(out).shape()).isEqualTo(Shape.of(2, 8, 8, 12));
    }

    @ParameterizedTest
    @ValueSource(strings = {"stage1_aux", "stage2_aux", "stage3_first_aux"})
    void testAuxiliaryHeadsAnswerWhatTheReferenceAnswers(String head) throws IOException {
        Path golden = Path.of(Goldens.TRAIN).resolveSibling("../plus-post-se");
        Path out = folder.resolve("y.npy");
        for (String size : new String[] {"b2-48x48", "b2-64x64"}) {
            Run run =
                    Run.repvgg(
                            "run",
                            golden.resolve("train.pth").toString(),
                            "--input",
                            golden.resolve("input-" + size + ".npy").toString(),
                            "--output",
                            out.toString(),
                            "--features",
                            head);
            assertThat(run.status()).as(run.err()).isZero();
            assertClose(
                    Npy.read(out),
                    Npy.read(golden.resolve("logits-" + size + "-" + head + ".npy")));
        }
        assertThat(
                        Run.repvgg(
                                        "run",
                                        golden.resolve("deploy.pth").toString(),
                                        "--input",
                                        golden.resolve("input-b2-48x48.npy").toString(),
                                        "--output",
                                        out.toString(),
                                        "--features",
                                        head)
                                .refusal(ExitCode.WRONG_INPUT))
                .contains(head);
    }

    /// More images than go through the network together.
    @Test
    void testManyImages() throws IOException {
        Tensor two = Npy.read(Path.of(Goldens.IMAGES));
        int size = two.shape().elements() / 2;
        float[] many = new float[37 * size];
        for (int i = 0; i < 37; i++) {
            System.arraycopy(two.unsafeArray(), i % 2 * size, many, i * size, size);
        }
        Path in = folder.resolve("x.npy");
        Path out = folder.resolve("y.npy");
        Npy.write(in, Tensor.ofOwned(Shape.of(37, 3, 31, 45), many));

        assertThat(
                        Run.repvgg(
                                        "run",
                                        Goldens.PLAIN,
                                        "--input",
                                        in.toString(),
                                        "--output",
                                        out.toString())
                                .status())
                .isZero();
        Tensor answer = Npy.read(out);
        assertThat(answer.shape()).isEqualTo(Shape.of(37, 10));
        assertThat(answer.get(36 * 10)).isEqualTo(answer.get(0));
    }

    @Test
    void testRefusesWhatDoesNotFit() throws IOException {
        Path in = folder.resolve("x.npy");
        Npy.write(in, Tensor.zeros(Shape.of(1, 4, 8, 8)));
        assertThat(refusal(in, "y.npy"))
                .isEqualTo(
                        "repvgg run: %s: is [1,4,8,8], %s wants 3 channels: [n,3,h,w]"
                                .formatted(in, Goldens.PLAIN));
        Npy.write(in, Tensor.zeros(Shape.of(3, 8, 8)));
        assertThat(refusal(in, "y.npy")).endsWith("is [3,8,8], wanted [n,c,h,w]: reshape it first");
        Npy.write(in, Tensor.zeros(Shape.of(0, 3, 8, 8)));
        assertThat(refusal(in, "y.npy")).endsWith("is [0,3,8,8], there is nothing in it");
        assertThat(refusal(folder.resolve("none.npy"), "y.npy")).contains("none.npy");
        assertThat(refusal(in, "y.txt")).endsWith("y.txt: the output is a .npy file; name it so");
        assertThat(refusal(in, "no/y.npy")).contains("there is no folder");
    }

    @Test
    void testRefusesAnUnknownStage() {
        assertThat(
                        Run.repvgg(
                                        "run",
                                        Goldens.PLAIN,
                                        "--input",
                                        Goldens.IMAGES,
                                        "--output",
                                        folder.resolve("y.npy").toString(),
                                        "--features",
                                        "stage5")
                                .refusal(ExitCode.WRONG_INPUT))
                .isEqualTo("repvgg run: --features wants stage0 to stage4, not 'stage5'");
    }

    private String refusal(Path in, String out) {
        return Run.repvgg(
                        "run",
                        Goldens.PLAIN,
                        "--input",
                        in.toString(),
                        "--output",
                        folder.resolve(out).toString())
                .refusal(ExitCode.WRONG_INPUT);
    }

    private static void assertClose(Tensor answer, Tensor expected) {
        assertThat(answer.shape()).isEqualTo(expected.shape());
        double std = 0;
        for (int i = 0; i < expected.shape().elements(); i++) {
            std += expected.get(i) * expected.get(i);
        }
        double tolerance = Tolerances.forLogits(Math.sqrt(std / expected.shape().elements()));
        for (int i = 0; i < expected.shape().elements(); i++) {
            assertThat((double) Math.abs(answer.get(i) - expected.get(i)))
                    .isLessThanOrEqualTo(tolerance);
        }
    }
}
