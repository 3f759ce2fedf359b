package org.repvgg.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.format.Json;

/// The bundle runs on its own Java, wherever it lies.
@Timeout(60)
final class TestBundle {
    private static final Path BUNDLE = Path.of("target/repvgg").toAbsolutePath();
    private static final Path REPVGG = BUNDLE.resolve("bin/repvgg");

    /// Java refuses to start where it cannot use its cache.
    private static final String CACHE_IS_USED = "-XX:AOTMode=on";

    @TempDir Path folder;

    @Test
    void servesWithoutAnyJava() throws Exception {
        String network = Tiny.write(folder).toString();
        var command = Run.bare(List.of(REPVGG.toString(), "serve", network, "--port", "0"));
        try (var server = RunningServer.start(command)) {
            server.awaitReady();
            assertThat(Tiny.classes(server.classify(Tiny.photo(), ""))).isEqualTo(Tiny.classes());
            assertThat(server.status("/")).as("the page").isEqualTo(200);
            assertThat(server.status("/metrics")).isEqualTo(200);
        }
    }

    @Test
    void predictsWithoutAnyJava() throws Exception {
        assertPredicts(Run.of(CACHE_IS_USED, REPVGG, predict()));
    }

    @Test
    void startsThroughALink() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("repvgg"), REPVGG);
        assertPredicts(Run.of(CACHE_IS_USED, link, predict()));
    }

    @Test
    void goesWhereItIsPut() throws Exception {
        Path there = folder.resolve("some where");
        assertThat(Run.of("", Path.of("/bin/cp"), "-a", BUNDLE.toString(), there.toString()))
                .isEqualTo(new Run(0, "", ""));
        assertPredicts(Run.of(CACHE_IS_USED, there.resolve("bin/repvgg"), predict()));
    }

    private String[] predict() throws IOException {
        Path photo = Files.write(folder.resolve("photo.jpg"), Tiny.photo());
        return new String[] {"predict", Tiny.write(folder).toString(), photo.toString(), "--json"};
    }

    private static void assertPredicts(Run run) throws IOException {
        assertThat(run.status()).as(run.err()).isZero();
        Json.Object answer = Json.parse(run.out()).asObject();
        Json.Object photo = answer.get("images").asList().getFirst().asObject();
        assertThat(Tiny.classes(photo)).isEqualTo(Tiny.classes());
        assertThat(run.err())
                .as("vector kernels, no warnings but of the incubator")
                .doesNotContain("plain Java kernels");
    }

    @Test
    void libtorchIsMissedInOneLine() throws Exception {
        Path script = folder.resolve("tiny.pt");
        Run run =
                Run.of(
                        "",
                        REPVGG,
                        "export",
                        Tiny.write(folder).toString(),
                        "-o",
                        script.toString());
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).contains("libtorch, whose jars are not here").doesNotContain("\tat ");
        assertThat(script).doesNotExist();
    }

    @Test
    void onnxIsWrittenWithoutARuntimeToTryIt() throws Exception {
        Path onnx = folder.resolve("tiny.onnx");
        Run run =
                Run.of("", REPVGG, "export", Tiny.write(folder).toString(), "-o", onnx.toString());
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(onnx).exists();
    }

    @Test
    void noNativeCodeButJavas() throws IOException {
        try (Stream<Path> jars = Files.list(BUNDLE.resolve("lib"))) {
            assertThat(jars.map(jar -> jar.getFileName().toString()))
                    .isNotEmpty()
                    .noneMatch(name -> name.matches("(pytorch|openblas|javacpp|onnxruntime).*"));
        }
    }
}
