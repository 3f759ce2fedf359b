package org.repvgg.train.java;

import org.repvgg.kernel.Kernels;
import org.repvgg.kernel.MatrixKernels;
import org.repvgg.kernel.TrainingKernels;
import org.repvgg.runtime.WorkerPool;

/// What all parts of a step share.
final class StepContext {
    final Parameters parameters;
    final Kernels kernels;
    final MatrixKernels matrix;
    final TrainingKernels training;
    final WorkerPool pool;

    /// The transposed kernels of the block at work, `[panel][tap][out][in of the panel]`.
    final float[] transposed;

    StepContext(Parameters parameters, Kernels kernels, WorkerPool pool, int transposedSize) {
        this.parameters = parameters;
        this.kernels = kernels;
        this.matrix = kernels.matrix();
        this.training = kernels.training();
        this.pool = pool;
        this.transposed = new float[transposedSize];
    }

    int lanes() {
        return matrix.lanes();
    }
}
