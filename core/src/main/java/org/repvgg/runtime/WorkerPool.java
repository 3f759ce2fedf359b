package org.repvgg.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// Threads that share the pieces of one job at a time with whoever brings it.
///
/// A thread without work looks out for the next job for some microseconds, because the layers of a
/// pass follow each other closely, then parks: an idle pool costs nothing.
public final class WorkerPool implements AutoCloseable {
    /// About what parking and waking cost; longer waits are not worth a core.
    private static final long SPIN_NANOS = 20_000;

    private final List<Worker> workers = new ArrayList<>();
    private volatile @Nullable Job current;
    private volatile boolean closed;

    /// @param threads the caller's included
    public WorkerPool(int threads) {
        for (int i = 1; i < threads; i++) {
            Worker worker = new Worker(i);
            worker.setDaemon(true);
            workers.add(worker);
        }
        workers.forEach(Thread::start);
    }

    /// Threads that run a job, the caller's included.
    public int threads() {
        return workers.size() + 1;
    }

    /// One piece of a job.
    @FunctionalInterface
    public interface Piece {
        /// @param piece its number
        /// @param thread number of the thread that runs it, `[0,threads)`; the caller's is 0
        void run(int piece, int thread);
    }

    /// See [#run(int, Piece)].
    public void run(int pieces, IntConsumer piece) {
        run(pieces, (number, _) -> piece.accept(number));
    }

    /// Runs `piece` for every number in `[0,pieces)`, in any order, and returns when all are done.
    ///
    /// The first exception of a piece is thrown here; pieces not yet begun are then left out.
    public synchronized void run(int pieces, Piece piece) {
        if (closed) {
            throw new IllegalStateException("the worker pool is closed");
        }
        if (pieces <= 1 || workers.isEmpty()) {
            for (int i = 0; i < pieces; i++) {
                piece.run(i, 0);
            }
            return;
        }
        Job job = new Job(pieces, piece, Thread.currentThread());
        current = job;
        int helpers = Math.min(workers.size(), pieces - 1);
        for (int i = 0; i < helpers; i++) {
            workers.get(i).wake();
        }
        job.work(0);
        job.await();
        current = null;
        job.rethrow();
    }

    /// Ends the threads. A job under way is finished first.
    @Override
    public synchronized void close() {
        closed = true;
        workers.forEach(LockSupport::unpark);
    }

    /// One call of [#run].
    private static final class Job {
        private final int pieces;
        private final Piece piece;
        private final Thread caller;
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger finished = new AtomicInteger();
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

        Job(int pieces, Piece piece, Thread caller) {
            this.pieces = pieces;
            this.piece = piece;
            this.caller = caller;
        }

        /// Takes pieces until none is left.
        void work(int thread) {
            for (int i = next.getAndIncrement(); i < pieces; i = next.getAndIncrement()) {
                if (failure.get() == null) {
                    runPiece(i, thread);
                }
                if (finished.incrementAndGet() == pieces) {
                    LockSupport.unpark(caller);
                }
            }
        }

        private void runPiece(int i, int thread) {
            try {
                piece.run(i, thread);
            } catch (RuntimeException | Error e) { // carried to the caller, whose fault it is
                failure.compareAndSet(null, e);
            }
        }

        boolean hasPieces() {
            return next.get() < pieces;
        }

        /// Waits for pieces that others have begun. An interrupt does not end the wait, but is
        /// kept.
        void await() {
            long deadline = System.nanoTime() + SPIN_NANOS;
            boolean interrupted = false;
            while (finished.get() < pieces) {
                if (System.nanoTime() - deadline < 0) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.park(this);
                    interrupted |= Thread.interrupted();
                }
            }
            if (interrupted) {
                caller.interrupt();
            }
        }

        void rethrow() {
            switch (failure.get()) {
                case null -> {}
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                case Throwable e -> throw new IllegalStateException(e);
            }
        }
    }

    private final class Worker extends Thread {
        private volatile boolean parked;

        private final int number;

        Worker(int number) {
            super("repvgg-worker-" + number);
            this.number = number;
        }

        void wake() {
            if (parked) {
                LockSupport.unpark(this);
            }
        }

        @Override
        public void run() {
            while (!closed) {
                Job job = current;
                if (job != null && job.hasPieces()) {
                    job.work(number);
                } else {
                    rest();
                }
            }
        }

        private void rest() {
            long deadline = System.nanoTime() + SPIN_NANOS;
            while (System.nanoTime() - deadline < 0) {
                if (hasWork()) {
                    return;
                }
                Thread.onSpinWait();
            }
            parked = true;
            // Looks once more: whoever brought a job before it saw `parked` has not woken this
            // thread.
            while (!closed && !hasWork()) {
                LockSupport.park(WorkerPool.this);
                Thread.interrupted(); // an interrupt must not keep the thread awake
            }
            parked = false;
        }

        private boolean hasWork() {
            Job job = current;
            return job != null && job.hasPieces();
        }
    }
}
