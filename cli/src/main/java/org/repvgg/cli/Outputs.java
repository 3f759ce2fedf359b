package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Files that a verb writes.
final class Outputs {
    private Outputs() {}

    /// Writes a file.
    interface Write {
        void run() throws IOException;
    }

    /// Refuses, before any work is done, a file that could not be written afterwards or that would
    /// replace what is read.
    static void check(Path out, String suffix, Path in) throws IOException {
        if (!out.toString().endsWith(suffix)) {
            throw new UserError("%s: the output is a %s file; name it so", out, suffix);
        }
        if (Files.isDirectory(out)) {
            throw new UserError("%s: is a folder; name a file in it", out);
        }
        if (Files.exists(out) && Files.exists(in) && Files.isSameFile(out, in)) {
            throw new UserError("%s: is the input, too; give the output another name", out);
        }
        Path folder = out.toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            throw new UserError("%s: there is no folder %s", out, folder);
        }
    }

    /// Runs `write`; a full disk is a failure, not wrong input.
    static void write(Path out, Write write) {
        write(out, out, write);
    }

    /// Likewise, for a file that is not written in its place.
    ///
    /// @param first where it is written; messages name `out` instead
    static void write(Path out, Path first, Write write) {
        try {
            write.run();
        } catch (IOException e) {
            String message = ErrorLine.describe(e).replace(first.toString(), out.toString());
            throw new WorkFailed(
                    e,
                    "%s",
                    message.contains(out.toString())
                            ? message
                            : "cannot write %s: %s".formatted(out, message));
        }
    }
}
