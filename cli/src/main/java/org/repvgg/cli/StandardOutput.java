package org.repvgg.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/// Standard output that remembers whether it could be written: a full disk must not pass for
/// success.
final class StandardOutput extends OutputStream {
    private final OutputStream target;
    private @Nullable IOException failure;

    StandardOutput(OutputStream target) {
        this.target = target;
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            target.write(bytes, offset, length);
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }

    /// Whether results were lost; says so to `err`. A reader that has read enough (`| head`) loses
    /// nothing.
    boolean failed(PrintWriter err) {
        IOException e = failure;
        if (e == null || String.valueOf(e.getMessage()).contains("Broken pipe")) {
            return false;
        }
        err.println("repvgg: cannot write to standard output: " + e.getMessage());
        return true;
    }
}
