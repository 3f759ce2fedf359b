package org.repvgg.format;

import java.io.IOException;
import java.nio.file.Path;

/// A file that could not be written though its folder is there: the disk is full, the folder may
/// not be written to.
public final class WriteException extends IOException {
    WriteException(Path target, String reason, IOException cause) {
        super("cannot write " + target + ": " + reason, cause);
    }
}
