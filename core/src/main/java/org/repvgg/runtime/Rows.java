package org.repvgg.runtime;

/// Splits a run of equal items over the threads of a pool.
final class Rows {
    /// Floats that one piece touches at least: less is not worth another thread.
    private static final int GRAIN = 32_768;

    private static final int PIECES_PER_THREAD = 4;

    private Rows() {}

    /// Works on items `[from,to)`.
    @FunctionalInterface
    interface Range {
        void run(int from, int to);
    }

    /// Covers `[0,items)` with ranges.
    ///
    /// @param floats floats that one item touches
    static void run(WorkerPool pool, int items, int floats, Range range) {
        long most = Math.max(1, (long) items * floats / GRAIN);
        int pieces =
                (int) Math.min(Math.min(most, items), (long) PIECES_PER_THREAD * pool.threads());
        pool.run(
                pieces,
                piece ->
                        range.run(
                                (int) ((long) items * piece / pieces),
                                (int) ((long) items * (piece + 1) / pieces)));
    }
}
