package org.repvgg.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TestImageFormat {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/official-small");

    @TempDir Path folder;

    @ParameterizedTest(name = "{index}") // the bytes themselves are not for reports
    @ValueSource(
            strings = {
                "\u00ff\u00d8\u00ff\u00e0",
                "\u0089PNG\r\n\u001a\n",
                "GIF89a",
                "BM",
                "II*\0",
                "MM\0*",
                "RIFF\0\0\0\0WEBPVP8 ",
                "\0\0\0\u001cftypheic",
                "\0\0\0\u001cftypavif",
            })
    void imagesAreToldByTheirBeginning(String start) throws IOException {
        Path file = folder.resolve("net.safetensors"); // whatever it is called
        Files.write(file, start.getBytes(StandardCharsets.ISO_8859_1));
        assertThat(ImageFormat.isImage(file)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "B", "text", "<svg>", "{}"})
    void otherFilesAreNone(String start) throws IOException {
        Path file = Files.writeString(folder.resolve("photo.jpg"), start);
        assertThat(ImageFormat.isImage(file)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"train.safetensors", "deploy.safetensors", "train.pth"})
    void checkpointsAreNone(String name) throws IOException {
        assertThat(ImageFormat.isImage(GOLDEN.resolve(name))).isFalse();
    }

    @Test
    void neitherIsWhatIsNoFile() throws IOException {
        assertThat(ImageFormat.isImage(folder)).isFalse();
        assertThat(ImageFormat.isImage(folder.resolve("absent.png"))).isFalse();
    }
}
