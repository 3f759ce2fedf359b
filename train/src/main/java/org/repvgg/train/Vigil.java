package org.repvgg.train;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Ranks that wait for each other's work: a thread of each tells the others now and then that its
/// process is alive, so that work of any length is no silence.
///
/// Every round adds up who has ended and who has failed, and they end in the same round.
final class Vigil {
    private static final long FIRST_PAUSE_MILLIS = 2;
    private static final long LONGEST_PAUSE_MILLIS = 250;

    private final Ranks ranks;
    private final String what;
    private final Thread thread;
    private boolean ended;
    private @Nullable String failure;
    private volatile @Nullable RuntimeException outcome;

    private Vigil(Ranks ranks, String what) {
        this.ranks = ranks;
        this.what = what;
        this.thread = Thread.ofPlatform().daemon().name("ranks").unstarted(this::run);
    }

    static Vigil begin(Ranks ranks, String what) {
        Vigil vigil = new Vigil(ranks, what);
        vigil.thread.start();
        return vigil;
    }

    /// This rank's work is done: waits for the others.
    ///
    /// @throws TrainException if another's fails
    /// @throws LostRankException if a rank is gone
    void end(String reason) {
        synchronized (this) {
            ended = true;
            failure = reason.isEmpty() ? null : reason;
            notifyAll();
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException _) {
                interrupted = true; // noticed after this, for what is done together must be ended
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        RuntimeException thrown = outcome;
        if (thrown != null) {
            throw thrown;
        }
    }

    /// This rank's work has failed: tells the others, who fail, too.
    void fail(Throwable e) {
        if (outcome == null) {
            try {
                end(e.getMessage() == null ? e.toString() : e.getMessage());
            } catch (RuntimeException _) {
                // what failed here comes first
            }
        }
    }

    private void run() {
        try {
            long pause = FIRST_PAUSE_MILLIS;
            while (!round()) {
                pause(pause);
                pause = Math.min(LONGEST_PAUSE_MILLIS, 2 * pause);
            }
        } catch (RuntimeException e) {
            outcome = e;
        }
    }

    /// Whether it was the last.
    private boolean round() {
        double[] counts;
        String own;
        synchronized (this) {
            counts = new double[] {ended ? 1 : 0, failure == null ? 0 : 1};
            own = failure == null ? "" : failure;
        }
        ranks.sum(counts);
        if (counts[1] > 0) {
            throw failed(ranks.gather(own));
        }
        return counts[0] == ranks.world();
    }

    private TrainException failed(List<String> reasons) {
        int rank = 0;
        while (reasons.get(rank).isEmpty()) {
            rank++;
        }
        return new TrainException(
                "rank %s has failed in %s: %s".formatted(rank, what, reasons.get(rank)));
    }

    private synchronized void pause(long millis) {
        try {
            if (!ended) {
                wait(millis);
            }
        } catch (InterruptedException e) {
            throw new TrainException("interrupted while waiting for other ranks", e);
        }
    }
}
