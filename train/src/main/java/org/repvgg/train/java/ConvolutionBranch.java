package org.repvgg.train.java;

/// A convolution and the batch norm behind it, if there is one, computed in one way or another.
abstract sealed class ConvolutionBranch permits DirectBranch, TransformedBranch {
    /// Maps of the output, later of its gradient.
    final Operand y;

    private final ChannelMap map;
    private final int pieces;

    /// Sums over pieces of the batch, `[piece][padded channel]`, of `y` and `y²`.
    final float[] sums;

    final float[] squares;

    /// @param y where the output will be
    /// @param map what follows
    /// @param pieces that the sums come in
    ConvolutionBranch(Operand y, ChannelMap map, int pieces) {
        this.y = y;
        this.pieces = pieces;
        this.sums = new float[Math.multiplyExact(pieces, y.maps().channels())];
        this.squares = sums.clone();
        this.map = map;
    }

    /// To be called when `Y` is there.
    void takeSums() {
        map.takeSums(sums, squares, pieces);
    }

    /// Adds everything but the input's gradient to a block's phases.
    abstract void plan(BlockPhases phases);

    /// Adds the input's gradient.
    ///
    /// @param transposed layout of the kernels of all branches, inputs and outputs exchanged; this
    ///   one's taps from `firstTap` on
    /// @param byInput takes what is summed together with other branches
    /// @param target maps of the input's gradient
    abstract void planInputGradient(
            BlockPhases phases, Panels transposed, int firstTap, Segments byInput, Operand target);

    /// Taps that the kernel has in products.
    abstract int taps();
}
