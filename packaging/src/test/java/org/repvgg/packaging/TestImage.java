package org.repvgg.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.format.Json;

/// The image's layers, unpacked and run as its configuration says, by its user, in a root and among
/// processes of their own.
@Timeout(120)
final class TestImage {
    /// Every program becomes the next, so that the server gets the signals.
    private static final String MOUNT_AND_RUN = "mount -t proc proc \"$1\" && shift && exec \"$@\"";

    private static final Path IMAGE = Path.of("target/repvgg-image.tar");
    private static final String TOKEN = "sesame";

    @TempDir static Path folder;

    private static Path root = Path.of("");
    private static Json.Object config = Json.object().build();

    @BeforeAll
    static void unpack() throws Exception {
        assumeTrue(Files.exists(IMAGE), "no image: the profile 'image' makes one");
        assumeTrue(System.getProperty("user.name").equals("root"), "only root may change the root");
        Path image = Files.createDirectory(folder.resolve("image"));
        root = Files.createDirectory(folder.resolve("root"));
        unpack(IMAGE, image);
        Json.Object manifest =
                Json.parse(Files.readString(image.resolve("manifest.json")))
                        .asList()
                        .getFirst()
                        .asObject();
        for (Json layer : manifest.get("Layers").asList()) {
            unpack(image.resolve(layer.asText()), root);
        }
        String file = manifest.get("Config").asText();
        config =
                Json.parse(Files.readString(image.resolve(file)))
                        .asObject()
                        .get("config")
                        .asObject();
        assumeTrue(Files.exists(root.resolve("bin/sh")), "the image has no Debian below");
        Files.createDirectories(root.resolve("proc"));
        Files.createDirectories(root.resolve("tmp"));
        Tiny.write(Files.createDirectories(root.resolve("models")));
    }

    private static void unpack(Path archive, Path to) throws IOException, InterruptedException {
        Run run = tool("tar", "-xf", archive.toString(), "-C", to.toString());
        assertThat(run.status()).as(run.err()).isZero();
    }

    private static Run tool(String name, String... arguments)
            throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of(name));
        words.addAll(List.of(arguments));
        return Run.of("", Path.of("/usr/bin/env"), withPath(words));
    }

    private static String[] withPath(List<String> command) {
        List<String> words = new ArrayList<>(List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin"));
        words.addAll(command);
        return words.toArray(String[]::new);
    }

    /// What runs when the image does, at any free port.
    private static List<String> command() {
        List<String> command = new ArrayList<>();
        command.addAll(List.of("unshare", "--mount", "sh", "-c", MOUNT_AND_RUN, "sh"));
        command.add(root.resolve("proc").toString());
        command.addAll(List.of("chroot", "--userspec=" + config.get("User").asText()));
        command.add(root.toString());
        config.get("Entrypoint").asList().forEach(word -> command.add(word.asText()));
        config.get("Cmd").asList().forEach(word -> command.add(word.asText()));
        command.addAll(List.of("--port", "0"));
        return command;
    }

    @Test
    void isNobodysRootAndSaysItsPort() {
        assertThat(config.get("User").asText()).isEqualTo("10001:10001");
        assertThat(config.get("ExposedPorts").asObject().has("8080/tcp")).isTrue();
        assertThat(config.get("Volumes").asObject().has("/models")).isTrue();
    }

    @Test
    void wantsATokenFile() throws Exception {
        Files.deleteIfExists(token());
        Run run = Run.of("", Path.of("/usr/bin/env"), withPath(command()));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).contains("/run/secrets/repvgg-token: no such file");
    }

    @Test
    void servesWhoKnowsTheToken() throws Exception {
        Files.createDirectories(token().getParent());
        Files.writeString(token(), TOKEN);
        List<String> words = new ArrayList<>(List.of("/usr/bin/env"));
        words.addAll(List.of(withPath(command())));
        try (var server = RunningServer.start(Run.bare(words))) {
            server.awaitReady();
            assertThat(server.status("/v2/models/tiny")).isEqualTo(401);
            assertThat(Tiny.classes(server.classify(Tiny.photo(), TOKEN)))
                    .isEqualTo(Tiny.classes());
        }
    }

    private static Path token() {
        return root.resolve("run/secrets/repvgg-token");
    }
}
