package org.repvgg.train.torch;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/// Keeps the JVM from ending while libtorch computes.
///
/// When the JVM ends (SIGTERM, Ctrl-C, [System#exit]) the C library destroys libtorch's static
/// objects; a computation still running then crashes the process. So every computation passes this
/// gate, and a shutdown hook closes it: it waits for those inside and lets nobody in again.
final class NativeGate {
    private static final long LONGEST_WAIT_SECONDS = 120;
    private static final long LONGEST_WAIT_OUTSIDE_SECONDS = 3;

    private static final ReentrantReadWriteLock LOCK = new ReentrantReadWriteLock();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(NativeGate::shut, "libtorch-gate"));
    }

    private NativeGate() {}

    /// Enters to compute; to be followed by [#leave]. Once the JVM goes down this waits for its
    /// end, but not for ever: a shutdown hook may be waiting for the caller.
    ///
    /// @throws IllegalStateException if the gate is closed and the JVM still there after a while
    static void enter() {
        try {
            if (!LOCK.readLock().tryLock(LONGEST_WAIT_OUTSIDE_SECONDS, TimeUnit.SECONDS)) {
                throw closed();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            enterOrFail();
        }
    }

    /// Enters to copy state, which a shutdown hook of the caller may want too: refused, not
    /// blocked, once the JVM goes down.
    ///
    /// @throws IllegalStateException if the gate is closed
    static void enterOrFail() {
        if (!LOCK.readLock().tryLock()) {
            throw closed();
        }
    }

    private static IllegalStateException closed() {
        return new IllegalStateException("the JVM is going down, libtorch is closed");
    }

    static void leave() {
        LOCK.readLock().unlock();
    }

    private static void shut() {
        try {
            boolean _ = LOCK.writeLock().tryLock(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
