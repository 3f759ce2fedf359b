package org.repvgg.train.java;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.repvgg.runtime.WorkerPool;

/// A part of a step that threads share: pieces that never write to the same place nor read what
/// another writes, so that their order does not matter.
final class Phase {
    /// Multiply-adds of a piece of a product: some ten microseconds of work.
    private static final long PIECE = 2_000_000;

    private final WorkerPool pool;
    private final @Nullable StepClock clock;
    private final Work usual;
    private final List<Part> parts = new ArrayList<>();

    /// @param usual what pieces do that do not say
    Phase(StepContext context, Work usual) {
        this.pool = context.pool;
        this.clock = context.clock;
        this.usual = usual;
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

    /// A piece and what it does.
    ///
    /// @param multiplyAdds with as many images as the maps have room for
    record Part(Work work, long multiplyAdds, Piece piece) {}

    void add(Piece piece) {
        add(usual, 0, piece);
    }

    void add(Work work, long multiplyAdds, Piece piece) {
        parts.add(new Part(work, multiplyAdds, piece));
    }

    /// Cuts a product into pieces.
    ///
    /// @param panels of the second matrix
    /// @param perPixel multiply-adds of a whole panel of one pixel, with all images
    void addTiles(Work work, Panels panels, int pixels, long perPixel, Tile tile) {
        int step = (int) Math.clamp(PIECE / Math.max(1, perPixel), 1, pixels);
        for (int panel = 0; panel < panels.count(); panel++) {
            for (int first = 0; first < pixels; first += step) {
                int own = panel;
                int from = first;
                int to = Math.min(pixels, first + step);
                long multiplyAdds = perPixel * (to - from) * panels.computed(panel);
                add(work, multiplyAdds / panels.width(), images -> tile.run(own, from, to, images));
            }
        }
    }

    /// Runs all pieces and waits for their end.
    void run(int images) {
        if (parts.isEmpty()) {
            return;
        }
        if (clock != null) {
            clock.run(pool, parts, images);
        } else {
            pool.run(parts.size(), i -> parts.get(i).piece.run(images));
        }
    }
}
