package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.Json;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Model;

final class TestVerify {

    @Test
    void testBothFormsOfTheReferenceAnswerAlike() {
        Json.Object answer =
                Run.repvgg(
                                "verify",
                                Goldens.TRAIN,
                                Goldens.PLAIN,
                                "--layers",
                                "--images=5",
                                "--json")
                        .json();

        assertThat(answer.get("images").asInt()).isEqualTo(5);
        assertThat(answer.get("ties").asInt() + answer.get("disagreements").asInt()).isZero();
        assertThat(answer.get("layers").asList()).hasSize(8);
    }

    @Test
    void testOtherWeightsAnswerOtherwise(@TempDir Path folder) throws IOException {
        Model golden = Checkpoint.read(Path.of(Goldens.TRAIN));
        Path other = folder.resolve("other.safetensors");
        Checkpoint.write(
                other, InitialWeights.random(golden.spec(), InputSpec.centred(3, 32, 32), 3));
        Run run = Run.repvgg("verify", Goldens.TRAIN, other.toString());

        assertThat(run.status()).isEqualTo(ExitCode.FAILED);
        assertThat(run.err()).startsWith("the two do not answer alike: largest logit difference");
        assertThat(run.err()).hasLineCount(1);
    }
}
