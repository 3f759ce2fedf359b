package org.repvgg.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TestAtomicFile {
    @TempDir Path folder;

    @Test
    void replacesAFile() throws IOException {
        Path file = folder.resolve("a");
        AtomicFile.write(file, bytes("old and long"));
        AtomicFile.write(file, bytes("new"));
        assertThat(file).hasContent("new");
        assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
    }

    @Test
    void keepsTheOldFileWhenTheDiskIsFull() throws IOException {
        Path file = folder.resolve("a");
        AtomicFile.write(file, bytes("old"));
        assertThatThrownBy(
                        () ->
                                AtomicFile.write(
                                        file,
                                        channel -> {
                                            channel.write(ByteBuffer.wrap(bytes("half")));
                                            throw new IOException("No space left on device");
                                        }))
                .isInstanceOf(IOException.class)
                .hasMessage("cannot write " + file + ": No space left on device");
        assertThat(file).hasContent("old");
        assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
    }

    @Test
    void cleansUpAfterAnyFailure() {
        Path file = folder.resolve("a");
        assertThatThrownBy(
                        () ->
                                AtomicFile.write(
                                        file,
                                        _ -> {
                                            throw new IllegalStateException("bug");
                                        }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void writesThroughALink() throws IOException {
        Path file = Files.writeString(folder.resolve("a"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), file);
        AtomicFile.write(link, bytes("new"));
        assertThat(file).hasContent("new");
        assertThat(Files.isSymbolicLink(link)).isTrue();
    }

    @Test
    void refusesWhatIsNotAFile() {
        assertThatThrownBy(() -> AtomicFile.write(folder, bytes("")))
                .hasMessage("cannot write " + folder + ": it is not a file");
        Path absent = folder.resolve("absent").resolve("a");
        assertThatThrownBy(() -> AtomicFile.write(absent, bytes("")))
                .hasMessage("cannot write " + absent + ": no folder " + absent.getParent());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
