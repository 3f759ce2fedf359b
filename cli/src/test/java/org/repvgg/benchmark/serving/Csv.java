package org.repvgg.benchmark.serving;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// A file that grows row by row, so that what is measured is kept whatever happens next.
record Csv(Path file) {
    /// @param names of the columns
    Csv(Path file, String names) throws IOException {
        this(file);
        Files.writeString(file, names + "\n");
    }

    /// @param parts of the row, each some columns
    void row(String... parts) throws IOException {
        Files.writeString(file, String.join(",", parts) + "\n", StandardOpenOption.APPEND);
    }
}
