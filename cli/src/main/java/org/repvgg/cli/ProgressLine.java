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
    private final Thread atExit = Thread.ofPlatform().unstarted(this::leaveLine);
    private long start;
    private long shown;
    private long before;
    private long last = Long.MAX_VALUE; // so that the first report begins a round
    private boolean drawn;

    ProgressLine(Console console, String doing, String unit) {
        this.console = console;
        this.doing = doing;
        this.unit = unit;
    }

    @Override
    public synchronized void at(long done, long total) {
        long now = System.nanoTime();
        if (done < last) { // a round begins: its rate is not known yet
            start = now;
            shown = now;
            before = done;
        }
        last = done;
        if (now - shown < (console.terminal() ? REDRAW_NANOS : PLAIN_NANOS)) {
            return;
        }
        shown = now;
        String line = text(done, total, (now - start) / 1e9);
        if (console.terminal()) {
            draw(CLEAR + line);
        } else {
            console.note(line);
        }
    }

    @Override
    public synchronized void close() {
        if (!drawn) {
            return;
        }
        drawn = false;
        console.err().print(CLEAR);
        console.err().flush();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException _) {
            // the JVM is going down
        }
    }

    private void draw(String text) {
        if (!drawn) {
            try {
                Runtime.getRuntime().addShutdownHook(atExit);
            } catch (IllegalStateException _) {
                return; // the JVM is going down
            }
        }
        drawn = true;
        console.err().print(text);
        console.err().flush();
    }

    /// Ctrl-C leaves the prompt a line of its own.
    private void leaveLine() {
        console.err().println();
        console.err().flush();
    }

    private String text(long done, long total, double seconds) {
        double rate = (done - before) / Math.max(seconds, 1e-3);
        if (total <= 0) {
            return "%s  %s %s".formatted(doing, Numbers.count(done), unit);
        }
        int full = (int) (BAR * done / total);
        String bar = console.terminal() ? "#".repeat(full) + "-".repeat(BAR - full) + "  " : "";
        String left = rate == 0 ? "" : ", " + Numbers.duration((total - done) / rate) + " left";
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
