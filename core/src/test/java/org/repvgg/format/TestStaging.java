package org.repvgg.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TestStaging {
    @TempDir Path folder;

    private Path target() {
        return folder.resolve("network.onnx");
    }

    @Test
    void movesAllOnCommit() throws IOException {
        Files.writeString(target(), "old");
        try (Staging staging = Staging.beside(target())) {
            Files.writeString(staging.file(), "new");
            Files.writeString(staging.file().resolveSibling("network.onnx.data"), "weights");
            assertThat(target()).hasContent("old");
            assertThat(staging.commit())
                    .containsExactly(target(), folder.resolve("network.onnx.data"));
        }

        assertThat(target()).hasContent("new");
        assertThat(names()).containsExactly("network.onnx", "network.onnx.data");
    }

    @Test
    void leavesNothingWithoutCommit() throws IOException {
        Files.writeString(target(), "old");
        try (Staging staging = Staging.beside(target())) {
            Files.writeString(staging.file(), "new");
        }

        assertThat(target()).hasContent("old");
        assertThat(names()).containsExactly("network.onnx");
    }

    @Test
    void keepsALink() throws IOException {
        Path real = Files.writeString(folder.resolve("real.onnx"), "old");
        Files.createSymbolicLink(target(), real);
        try (Staging staging = Staging.beside(target())) {
            Files.writeString(staging.file(), "new");
            assertThat(staging.commit()).containsExactly(real);
        }

        assertThat(target()).isSymbolicLink().hasContent("new");
        assertThat(real).hasContent("new");
    }

    @Test
    void wantsAFileInAFolder() {
        Path nowhere = folder.resolve("absent").resolve("network.onnx");
        assertThatThrownBy(() -> Staging.beside(nowhere))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(nowhere + ": no folder");
        assertThatThrownBy(() -> Staging.beside(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(folder + ": it is not a file");
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
