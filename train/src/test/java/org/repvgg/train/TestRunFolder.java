package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
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
    void whoIsPatientGetsTheFolderWhenItIsLeft() throws Exception {
        RunFolder first = RunFolder.open(temporary);
        CompletableFuture<Boolean> next =
                CompletableFuture.supplyAsync(
                        () -> {
                            try (RunFolder _ = RunFolder.open(temporary, Duration.ofMinutes(1))) {
                                return true;
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        });
        assertThatThrownBy(() -> RunFolder.open(temporary, Duration.ofMillis(200)))
                .hasMessageContaining("is in use by another training");
        assertThat(next).isNotDone();
        first.close();
        assertThat(next.get()).isTrue();
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
