package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TestRunFolder {
    @TempDir Path temporary;

    @Test
    void oneTrainingAtATime() throws IOException {
        try (RunFolder _ = RunFolder.open(temporary)) {
            assertThatThrownBy(() -> RunFolder.open(temporary))
                    .hasMessage(temporary + " is in use by another training: give another --out");
        }
        RunFolder.open(temporary).close();
    }

    @Test
    void makesFolders() throws IOException {
        try (RunFolder folder = RunFolder.open(temporary.resolve("a/b"))) {
            assertThat(folder.path()).isDirectory();
        }
    }

    @Test
    void aFileIsNoFolder() throws IOException {
        Path file = Files.createFile(temporary.resolve("file"));
        assertThatThrownBy(() -> RunFolder.open(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file.toString());
    }
}
