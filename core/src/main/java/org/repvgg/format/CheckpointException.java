package org.repvgg.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A file that is not what it should be: `a0.safetensors: tensor runs past end of file:
/// offset=4096`.
///
/// The message is one line whatever the file holds: control characters become `?`, and text from
/// the file is cut.
public final class CheckpointException extends IOException {
    private static final int MAX_LENGTH = 600;

    /// @param offset byte of the file at which the trouble is
    public CheckpointException(Path file, long offset, String message) {
        super(file + ": " + oneLine(message) + ": offset=" + offset);
    }

    public CheckpointException(Path file, String message) {
        super(file + ": " + oneLine(message));
    }

    /// Refuses what is no file that could be read.
    static void checkFile(Path path) throws CheckpointException {
        if (!Files.exists(path)) {
            throw new CheckpointException(path, "no such file");
        }
        if (!Files.isRegularFile(path)) {
            throw new CheckpointException(path, "not a file");
        }
    }

    /// Without control characters, and cut.
    static String oneLine(String message) {
        String line = message.replaceAll("\\p{Cc}", "?");
        return line.length() <= MAX_LENGTH ? line : line.substring(0, MAX_LENGTH) + "…";
    }
}
