package org.repvgg.train.java;

import java.util.ArrayList;
import java.util.List;
import org.repvgg.runtime.WorkerPool;

/// A part of a step that threads share: pieces that never write to the same place nor read what
/// another writes, so that their order does not matter.
final class Phase {
    /// Multiply-adds of a piece of a product: some ten microseconds of work.
    private static final long PIECE = 2_000_000;

    private final WorkerPool pool;
    private final List<Piece> pieces = new ArrayList<>();

    Phase(WorkerPool pool) {
        this.pool = pool;
    }

    /// What one thread does at a time, for the first `images` images of the maps.
    @FunctionalInterface
    interface Piece {
        void run(int images);
    }

    /// The part of a product that gives one panel of the channels of pixels `[from,to)`.
    @FunctionalInterface
    interface Tile {
        void run(int panel, int from, int to, int images);
    }

    void add(Piece piece) {
        pieces.add(piece);
    }

    /// Cuts a product into pieces.
    ///
    /// @param perPixel multiply-adds of a panel of one pixel
    void addTiles(int panels, int pixels, long perPixel, Tile tile) {
        int step = (int) Math.clamp(PIECE / Math.max(1, perPixel), 1, pixels);
        for (int panel = 0; panel < panels; panel++) {
            for (int first = 0; first < pixels; first += step) {
                int own = panel;
                int from = first;
                int to = Math.min(pixels, first + step);
                add(images -> tile.run(own, from, to, images));
            }
        }
    }

    /// Runs all pieces and waits for their end.
    void run(int images) {
        if (pieces.isEmpty()) {
            return;
        }
        pool.run(pieces.size(), i -> pieces.get(i).run(images));
    }
}
