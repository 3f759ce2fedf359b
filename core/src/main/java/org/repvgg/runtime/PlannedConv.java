package org.repvgg.runtime;

/// A convolution on the maps of a [Workspace], cut into pieces that may run at the same time.
interface PlannedConv {

    /// Makes ready for a pass, on the thread that asks for it, before any piece of it.
    default void prepare() {}

    /// What the first `images` images cost, in multiply-adds: those of direct convolution, and
    /// those that take as long as the weights to come.
    double work(int images);

    /// Pieces for the first `images` images.
    int pieces(int images);

    /// Runs one of them.
    ///
    /// @param thread number of the thread, for scratch
    void run(int images, int piece, int thread);
}
