package org.repvgg.cli;

import java.io.Writer;
import java.util.function.Consumer;

/// Hands on what is written, line by line.
final class LineWriter extends Writer {
    private final Consumer<String> lines;
    private final StringBuilder unfinished = new StringBuilder();

    LineWriter(Consumer<String> lines) {
        this.lines = lines;
    }

    @Override
    public void write(char[] characters, int from, int length) {
        unfinished.append(characters, from, length);
        for (int end = unfinished.indexOf("\n"); end >= 0; end = unfinished.indexOf("\n")) {
            lines.accept(unfinished.substring(0, end).stripTrailing());
            unfinished.delete(0, end + 1);
        }
    }

    @Override
    public void flush() {
        // a line is handed on when it ends
    }

    @Override
    public void close() {
        if (!unfinished.isEmpty()) {
            lines.accept(unfinished.toString());
            unfinished.setLength(0);
        }
    }
}
