package org.repvgg.runtime;

/// Splits runs of equal items over the threads of a pool; made once and run again and again. Used
/// by one thread at a time.
final class Rows implements WorkerPool.Piece {
    /// Floats that one piece touches at least: less is not worth another thread.
    private static final int GRAIN = 32_768;

    private static final int PIECES_PER_THREAD = 4;

    private final WorkerPool pool;
    private final int floats;
    private final Range range;
    private int items;
    private int pieces;

    /// @param floats floats that one item touches
    Rows(WorkerPool pool, int floats, Range range) {
        this.pool = pool;
        this.floats = floats;
        this.range = range;
    }

    /// Works on items `[from,to)`.
    @FunctionalInterface
    interface Range {
        void run(int from, int to);
    }

    /// Covers `[0,count)` with ranges.
    void run(int count) {
        long most = Math.max(1, (long) count * floats / GRAIN);
        items = count;
        pieces = (int) Math.min(Math.min(most, count), (long) PIECES_PER_THREAD * pool.threads());
        pool.run(pieces, this);
    }

    @Override
    public void run(int piece, int thread) {
        range.run(
                (int) ((long) items * piece / pieces), (int) ((long) items * (piece + 1) / pieces));
    }
}
