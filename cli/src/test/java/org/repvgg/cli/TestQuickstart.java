package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.format.Json;

/// The main job, whole: a minute or two.
final class TestQuickstart {
    /// Fractions of the classes a linear model does not reach; the quickstart's promise.
    private static final double PROMISED = 0.9;

    @TempDir Path folder;

    @Test
    void testTrainsFoldsAndAgrees() throws IOException {
        Path out = folder.resolve("quick");
        Json.Object answer = Run.repvgg("quickstart", "--out=" + out, "--json").json();

        Json.Object before = answer.get("before").asObject();
        Json.Object after = answer.get("after").asObject();
        Json.Object agreement = answer.get("agreement").asObject();
        assertThat(after.get("top1").asDouble()).isGreaterThan(PROMISED);
        assertThat(before.get("top1").asDouble()).isEqualTo(after.get("top1").asDouble());
        assertThat(agreement.get("holds").asBoolean()).isTrue();
        assertThat(before.get("parameters").asLong())
                .isGreaterThan(after.get("parameters").asLong());
        assertThat(Files.readString(out.resolve("report.html"))).contains("<html", "</html>");
        assertThat(out.resolve("plain.safetensors")).isNotEmptyFile();
    }
}
