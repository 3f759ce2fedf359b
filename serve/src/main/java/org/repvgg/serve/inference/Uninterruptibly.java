package org.repvgg.serve.inference;

/// Waiting that an interrupt does not end; it is restored afterwards.
final class Uninterruptibly {
    private Uninterruptibly() {}

    /// Waits for a thread's end.
    static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
