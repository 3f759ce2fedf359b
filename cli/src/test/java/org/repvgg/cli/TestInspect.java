package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.repvgg.format.Json;
import org.repvgg.format.SpecJson;
import org.repvgg.spec.RepVggFamily;

final class TestInspect {

    @ParameterizedTest
    @CsvSource({"train, 7840778", "plain, 7041194", "TRAIN, 7840778"})
    void testCountsOfA0OnCifar(String form, long parameters) {
        Json.Object answer =
                Run.repvgg(
                                "inspect",
                                "A0",
                                "--classes",
                                "10",
                                "--input",
                                "3x32x32",
                                "--form",
                                form,
                                "--json")
                        .json();

        assertThat(answer.get("parameters").asLong()).isEqualTo(parameters);
        assertThat(answer.get("trainableParameters").asLong()).isEqualTo(parameters);
        assertThat(answer.get("parameterBytes").asLong()).isEqualTo(4 * parameters);
        assertThat(answer.get("form").asText()).isEqualToIgnoringCase(form);
        assertThat(answer.get("activationBytes").asLong()).isPositive();
        assertThat(answer.get("multiplyAdds").asLong()).isPositive();
        assertThat(SpecJson.read(answer.get("spec")))
                .isEqualTo(RepVggFamily.A0.spec().toBuilder().classes(10).build());
    }

    @Test
    void testTableOfTheTrainingForm() {
        Run run = Run.repvgg("inspect", "A0", "--classes", "10", "--input", "3x32x32");

        assertThat(run.status()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("7,840,778", "7,041,194", "26.86 MiB");
        Golden.check("inspect-a0", run.out());
    }

    @Test
    void testTableOfThePlainForm() {
        Run run =
                Run.repvgg(
                        "inspect",
                        "repvgg-a0",
                        "--classes",
                        "10",
                        "--input",
                        "32",
                        "--form",
                        "plain");

        Golden.check("inspect-a0-plain", run.out());
    }

    @Test
    void testVariedNetwork() {
        Json.Object spec =
                Run.repvgg(
                                "inspect",
                                "A0",
                                "--width=0.5",
                                "--strides=1,1,2,2,2",
                                "--branches=conv3x3/conv3x3,identity@1",
                                "--groups=4=2",
                                "--post-norm",
                                "--se=after:4",
                                "--input=1x28x28",
                                "--json")
                        .json()
                        .get("spec")
                        .asObject();

        assertThat(spec.get("name").asText()).isEqualTo("A0-varied");
        assertThat(spec.get("inputChannels").asInt()).isEqualTo(1);
        assertThat(spec.get("widths").compact()).isEqualTo("[24,24,48,96,640]");
        assertThat(spec.get("branches").compact())
                .isEqualTo("[[\"conv3x3\"],[\"conv3x3\",\"identity@1\"]]");
        assertThat(spec.get("groups").compact()).isEqualTo("{\"4\":2}");
        assertThat(spec.get("postNorm").asBoolean()).isTrue();
    }

    @Test
    void testSpecFromAFile(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("net.json");
        Files.writeString(file, SpecJson.write(RepVggFamily.B1G2.spec()).pretty());

        assertThat(
                        Run.repvgg("inspect", file.toString(), "--json")
                                .json()
                                .get("parameters")
                                .asLong())
                .isEqualTo(45_782_376);
    }

    @Test
    void testANetworkWithoutPlainForm() {
        Run run = Run.repvgg("inspect", "A0", "--branches", "conv3x3,conv1x1-relu");

        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("has no plain form: branch conv1x1-relu cannot be folded");
    }
}
