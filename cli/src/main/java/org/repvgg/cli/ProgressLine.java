package org.repvgg.cli;

import org.repvgg.evaluate.Progress;

/// How far a work has come: on a terminal one line that is written over, elsewhere a plain line
/// every few seconds. Closed when the work ends, however it ends.
final class ProgressLine implements Progress, AutoCloseable {
    private static final int BAR = 24;
    private static final long REDRAW_NANOS = 100_000_000L;
    private static final long PLAIN_NANOS = 10_000_000_000L;
    private static final String CLEAR = "\r\033[K";

    private final Console console;
    private final String doing;
    private final String unit;
    private final long start = System.nanoTime();
    private long shown = start;
    private boolean drawn;

    ProgressLine(Console console, String doing, String unit) {
        this.console = console;
        this.doing = doing;
        this.unit = unit;
    }

    @Override
    public synchronized void at(long done, long total) {
        long now = System.nanoTime();
        if (now - shown < (console.terminal() ? REDRAW_NANOS : PLAIN_NANOS)) {
            return;
        }
        shown = now;
        String line = text(done, total, (now - start) / 1e9);
        if (console.terminal()) {
            console.err().print(CLEAR + line);
            console.err().flush();
            drawn = true;
        } else {
            console.note(line);
        }
    }

    @Override
    public synchronized void close() {
        if (drawn) {
            console.err().print(CLEAR);
            console.err().flush();
            drawn = false;
        }
    }

    private String text(long done, long total, double seconds) {
        double rate = done / seconds;
        if (total <= 0) {
            return "%s  %s %s".formatted(doing, Numbers.count(done), unit);
        }
        int full = (int) (BAR * done / total);
        String bar = console.terminal() ? "#".repeat(full) + "-".repeat(BAR - full) + "  " : "";
        String left = done == 0 ? "" : ", " + Numbers.duration((total - done) / rate) + " left";
        return "%s  %s%s / %s %s, %s/s%s"
                .formatted(
                        doing,
                        bar,
                        Numbers.count(done),
                        Numbers.count(total),
                        unit,
                        Numbers.rate(rate),
                        left);
    }
}
