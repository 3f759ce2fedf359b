package org.repvgg.runtime;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Where passes run that come at the same time.
///
/// Who comes alone has all threads. Who comes while others run has none but his own, until there
/// are as many passes as threads; then he waits, first come, first served. So one caller gets the
/// shortest time, and many keep every core busy without waiting for each other's layers.
final class Lanes implements AutoCloseable {
    private final int threads;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition left = lock.newCondition();
    private final Deque<Thread> waiting = new ArrayDeque<>();
    private final List<Lane> busy = new ArrayList<>();
    private final Deque<Lane> narrow = new ArrayDeque<>(); // free ones
    private final Lane wide;
    private final Program program;
    private final double chunkBytes;
    private boolean closed;

    /// @param chunkBytes see [WorkspaceCache]
    /// @param threads that work at the same time
    Lanes(Program program, double chunkBytes, int threads) {
        this(program, chunkBytes, threads, threads);
    }

    /// @param widest threads of who comes alone
    Lanes(Program program, double chunkBytes, int threads, int widest) {
        this.program = program;
        this.chunkBytes = chunkBytes;
        this.threads = threads;
        this.wide = lane(widest);
    }

    /// What one pass has for itself.
    static final class Lane {
        final WorkerPool pool;
        final WorkspaceCache workspaces;
        private @Nullable Thread owner;

        Lane(WorkerPool pool, WorkspaceCache workspaces) {
            this.pool = pool;
            this.workspaces = workspaces;
        }
    }

    private Lane lane(int width) {
        double budget = WorkspaceCache.BUDGET_BYTES * width / threads;
        var pool = new WorkerPool(width);
        return new Lane(pool, new WorkspaceCache(program, chunkBytes, budget, pool));
    }

    /// Waits for a lane; to be followed by [#leave].
    ///
    /// @throws IllegalStateException after [#close], or if this thread has a lane already
    Lane enter() {
        Thread me = Thread.currentThread();
        lock.lock();
        try {
            refuseObservers(me);
            waiting.add(me);
            while (!closed && (waiting.peek() != me || busy.size() == threads)) {
                left.awaitUninterruptibly();
            }
            waiting.remove(me);
            left.signalAll(); // there may be room for the next one, too
            if (closed) {
                throw new IllegalStateException("the classifier is closed");
            }
            Lane lane = free();
            lane.owner = me;
            busy.add(lane);
            return lane;
        } finally {
            lock.unlock();
        }
    }

    private void refuseObservers(Thread me) {
        for (int i = 0; i < busy.size(); i++) {
            if (busy.get(i).owner == me) {
                throw new IllegalStateException(
                        "an observer may not call or close the network it observes");
            }
        }
    }

    private Lane free() {
        if (busy.isEmpty()) {
            return wide;
        }
        Lane free = narrow.poll();
        return free == null ? lane(1) : free;
    }

    void leave(Lane lane) {
        lock.lock();
        try {
            lane.owner = null;
            busy.remove(lane);
            if (lane != wide) {
                narrow.push(lane);
            }
            left.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Lets nobody in any more, waits for those inside, then ends the threads.
    @Override
    public void close() {
        lock.lock();
        try {
            refuseObservers(Thread.currentThread());
            closed = true;
            left.signalAll();
            while (!busy.isEmpty()) {
                left.awaitUninterruptibly();
            }
            wide.pool.close();
            wide.workspaces.clear();
            narrow.clear();
        } finally {
            lock.unlock();
        }
    }
}
