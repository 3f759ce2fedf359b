package org.repvgg.runtime;

import static java.util.Objects.requireNonNull;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A convolution whose weights are packed anew for every pass, into memory that it shares with the
/// others of its workspace: a pass takes longer, and weights lie in memory once.
final class RepackedConv implements PlannedConv {
    private final Supplier<PlannedConv> packed;
    private @Nullable PlannedConv current;

    /// @param packed packs, overwriting what the last convolution packed
    RepackedConv(Supplier<PlannedConv> packed) {
        this.packed = packed;
    }

    @Override
    public void prepare() {
        current = packed.get();
    }

    @Override
    public double work(int images) {
        return current().work(images);
    }

    @Override
    public int pieces(int images) {
        return current().pieces(images);
    }

    @Override
    public void run(int images, int piece, int thread) {
        current().run(images, piece, thread);
    }

    private PlannedConv current() {
        return requireNonNull(current, "a pass begins with prepare");
    }
}
