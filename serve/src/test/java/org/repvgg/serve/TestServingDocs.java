package org.repvgg.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.image.BufferedImage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.serve.inference.BatchOptions;
import org.repvgg.serve.inference.ModelReader;
import org.repvgg.serve.inference.ModelRepository;
import org.repvgg.serve.inference.ModelSource;

/// What docs/serving.md tells people to type works.
final class TestServingDocs {
    private static final Path DOCS = Path.of("../docs/serving.md");
    private static final Pattern CURL = Pattern.compile("```sh\n(curl .*?)```", Pattern.DOTALL);

    @TempDir Path folder;

    @Test
    void everyCurlIsAnswered() throws Exception {
        assumeTrue(curl("curl --version") != null, "there is no curl");
        Files.writeString(folder.resolve(".curlrc"), "fail\nsilent\nshow-error\n");
        ImageIO.write(
                new BufferedImage(20, 20, BufferedImage.TYPE_INT_RGB),
                "jpg",
                folder.resolve("cat.jpg").toFile());
        List<String> commands =
                CURL.matcher(Files.readString(DOCS))
                        .results()
                        .map((MatchResult block) -> block.group(1))
                        .toList();
        assertThat(commands).hasSizeGreaterThan(5);

        Path file = TinyNetworks.write(folder, "photos", "1", 1);
        try (var metrics = new ServingMetrics();
                var models =
                        ModelRepository.open(
                                List.of(new ModelSource.OneFile("photos", file)),
                                ModelReader.standard(),
                                new RuntimeOptions(1),
                                BatchOptions.defaults(),
                                metrics,
                                Duration.ZERO);
                var server =
                        InferenceServer.start(
                                ServeOptions.local(0),
                                models,
                                metrics,
                                "test",
                                "1",
                                _ -> {},
                                _ -> {})) {
            assertThat(models.awaitReady(Duration.ofSeconds(30))).isTrue();
            for (String command : commands) {
                String said = curl(command.replace("http://127.0.0.1:8080", server.address()));
                assertThat(said).as(command).isNotBlank();
            }
        }
    }

    /// What it printed; null if it failed.
    private String curl(String command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("bash", "-c", command);
        builder.directory(folder.toFile()).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("CURL_HOME", folder.toString());
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(command).isTrue();
        return process.exitValue() == 0 ? said : null;
    }
}
