package org.repvgg.runtime;

import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// Threads that share the pieces of one job at a time with whoever brings it.
///
/// A thread without work looks out for the next job for a tenth of a millisecond, because the
/// layers of a pass follow each other closely, then parks: an idle pool costs nothing.
public final class WorkerPool implements AutoCloseable {
    /// Longer than a layer of a small network that only one thread works at: parking and waking in
    /// between would cost more than the layer.
    private static final long SPIN_NANOS = 100_000;

    private static final Piece NOTHING = (_, _) -> {};

    private final List<Worker> workers = new ArrayList<>();

    /// Between jobs: no job has so many pieces.
    private static final long SHUT = Integer.MAX_VALUE;

    /// The job at work: its number in the upper half, the next piece to take in the lower. Whoever
    /// takes a piece counts it up, which fails if another job has begun meanwhile; so the fields of
    /// a job, written while it is [#SHUT], are read right by everybody who gets a piece of it.
    private final AtomicLong turn = new AtomicLong(SHUT);

    private final AtomicInteger finished = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private Piece piece = NOTHING;
    private int pieces;
    private Thread caller = Thread.currentThread();
    private int jobs;
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
    public void run(int count, IntConsumer work) {
        run(count, (number, _) -> work.accept(number));
    }

    /// Runs `work` for every number in `[0,count)`, in any order, and returns when all are done.
    /// Takes no memory.
    ///
    /// The first exception of a piece is thrown here; pieces not yet begun are then left out.
    public synchronized void run(int count, Piece work) {
        if (closed) {
            throw new IllegalStateException("the worker pool is closed");
        }
        if (count <= 1 || workers.isEmpty()) {
            for (int i = 0; i < count; i++) {
                work.run(i, 0);
            }
            return;
        }
        begin(count, work);
        try {
            work(0);
            await();
            rethrow();
        } finally {
            piece = NOTHING;
        }
    }

    private void begin(int count, Piece work) {
        turn.set(turn.get() | SHUT);
        VarHandle.fullFence(); // nothing below is seen before that
        piece = work;
        pieces = count;
        caller = Thread.currentThread();
        finished.set(0);
        failure.set(null);
        jobs++;
        turn.set((long) jobs << Integer.SIZE);
        int helpers = Math.min(workers.size(), count - 1);
        for (int i = 0; i < helpers; i++) {
            workers.get(i).wake();
        }
    }

    /// Takes pieces until none is left.
    private void work(int thread) {
        for (long now = turn.get(); ; now = turn.get()) {
            int count = pieces;
            Piece task = piece;
            if ((int) now >= count) {
                return;
            }
            if (turn.compareAndSet(now, now + 1)) {
                if (failure.get() == null) {
                    runPiece(task, (int) now, thread);
                }
                if (finished.incrementAndGet() == count) {
                    LockSupport.unpark(caller); // who waits has not begun another job
                }
            }
        }
    }

    private void runPiece(Piece task, int number, int thread) {
        try {
            task.run(number, thread);
        } catch (RuntimeException | Error e) { // carried to the caller, whose fault it is
            failure.compareAndSet(null, e);
        }
    }

    private boolean hasPieces() {
        return (int) turn.get() < pieces;
    }

    /// Waits for pieces that others have begun. An interrupt does not end the wait, but is kept.
    private void await() {
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

    private void rethrow() {
        switch (failure.getAndSet(null)) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }

    /// Ends the threads. A job under way is finished first.
    @Override
    public synchronized void close() {
        closed = true;
        workers.forEach(LockSupport::unpark);
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
                if (hasPieces()) {
                    work(number);
                } else {
                    rest();
                }
            }
        }

        private void rest() {
            long deadline = System.nanoTime() + SPIN_NANOS;
            while (System.nanoTime() - deadline < 0) {
                if (hasPieces()) {
                    return;
                }
                Thread.onSpinWait();
            }
            parked = true;
            // Looks once more: whoever brought a job before it saw `parked` has not woken this
            // thread.
            while (!closed && !hasPieces()) {
                LockSupport.park(WorkerPool.this);
                Thread.interrupted(); // an interrupt must not keep the thread awake
            }
            parked = false;
        }
    }
}
