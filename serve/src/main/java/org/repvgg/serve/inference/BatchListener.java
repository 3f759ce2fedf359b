package org.repvgg.serve.inference;

/// Hears what a network's queue does: for metrics. Called on the thread that computes; has to be
/// quick.
@FunctionalInterface
public interface BatchListener {
    /// Hears nothing.
    BatchListener NONE = (_, _) -> {};

    /// A pass is done.
    ///
    /// @param images of the pass
    /// @param nanos that it took
    void batchDone(int images, long nanos);
}
