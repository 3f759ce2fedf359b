package org.repvgg.data;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;

/// Closes a stream that gives nothing for too long, so that its reader wakes up with an exception.
final class StallWatch implements Closeable {
    private final Closeable watched;
    private final long limitNanos;
    private final Thread thread;
    private volatile long lastAlive = System.nanoTime();
    private volatile boolean fired;

    StallWatch(Closeable watched, Duration limit) {
        this.watched = watched;
        this.limitNanos = limit.toNanos();
        this.thread = Thread.ofVirtual().name("repvgg-stall-watch").start(this::watch);
    }

    /// Something came.
    void alive() {
        lastAlive = System.nanoTime();
    }

    boolean hasFired() {
        return fired;
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    private void watch() {
        try {
            long left = limitNanos;
            while (left > 0) {
                Thread.sleep(Duration.ofNanos(left));
                left = limitNanos - (System.nanoTime() - lastAlive);
            }
            fired = true;
            watched.close();
        } catch (InterruptedException _) {
            // the reader is done
        } catch (IOException _) {
            // the reader sees its own exception
        }
    }
}
