package org.repvgg.train;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Whether a training should stop after the step at work: because the JVM goes down (Ctrl-C,
/// SIGTERM, [System#exit]) or because the training thread was interrupted.
///
/// While installed, a JVM that goes down waits until the training says [#stopped], for a native
/// engine must not be torn down within a step.
final class StopSignal implements AutoCloseable {
    private static final long LONGEST_WAIT_SECONDS = 30;

    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread hook = Thread.ofPlatform().name("stop-training").unstarted(this::await);
    private volatile boolean ending;

    private StopSignal() {}

    static StopSignal install() {
        StopSignal signal = new StopSignal();
        Runtime.getRuntime().addShutdownHook(signal.hook);
        return signal;
    }

    /// Whether to stop. An interrupt is noticed once and cleared, so that the files that are
    /// written while stopping do not close under the writer.
    boolean isRequested() {
        return ending || Thread.interrupted();
    }

    /// Whether the JVM is going down. Engines that are native may refuse to be closed then.
    boolean isEnding() {
        return ending;
    }

    /// Tells a JVM that goes down to wait no longer.
    void stopped() {
        stopped.countDown();
    }

    private void await() {
        ending = true;
        try {
            boolean _ = stopped.await(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stopped();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // the JVM is going down: the hook runs or has run
        }
    }
}
