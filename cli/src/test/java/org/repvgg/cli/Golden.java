package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Texts that change on purpose only. `-Drepvgg.updateGolden=true` writes them anew; read the
/// difference before you commit it.
final class Golden {
    private static final Path FOLDER = Path.of("src/test/resources/org/repvgg/cli/golden");
    private static final boolean UPDATE = Boolean.getBoolean("repvgg.updateGolden");

    private Golden() {}

    static void check(String name, String text) {
        Path file = FOLDER.resolve(name + ".txt");
        try {
            if (UPDATE) {
                Files.createDirectories(FOLDER);
                Files.writeString(file, text);
            }
            assertThat(text.lines()).as(name).containsExactlyElementsOf(Files.readAllLines(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
