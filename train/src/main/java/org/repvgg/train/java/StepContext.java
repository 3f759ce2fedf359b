package org.repvgg.train.java;

import org.jspecify.annotations.Nullable;
import org.repvgg.kernel.Kernels;
import org.repvgg.kernel.MatrixKernels;
import org.repvgg.kernel.TrainingKernels;
import org.repvgg.runtime.WorkerPool;
import org.repvgg.train.Ranks;

/// What all parts of a step share.
final class StepContext {
    final Parameters parameters;
    final Kernels kernels;
    final MatrixKernels matrix;
    final TrainingKernels training;
    final WorkerPool pool;
    final @Nullable StepClock clock;

    /// Whose images together make a batch to its norms.
    final Ranks norms;

    /// Blocks at the beginning of the network that stay as they are.
    final int frozenBlocks;

    /// The transposed kernels of the block at work, `[panel][tap][out][in of the panel]`.
    final float[] transposed;

    /// Products of the block at work, later their gradients.
    final float[] products;

    /// Gradients of its transformed inputs.
    final float[] inputGradients;

    /// Gradients of its transformed kernel.
    final float[] productGradients;

    StepContext(
            Parameters parameters,
            Kernels kernels,
            WorkerPool pool,
            @Nullable StepClock clock,
            Ranks norms,
            Sizes sizes,
            int frozenBlocks) {
        this.parameters = parameters;
        this.kernels = kernels;
        this.matrix = kernels.matrix();
        this.training = kernels.training();
        this.pool = pool;
        this.clock = clock;
        this.norms = norms;
        this.frozenBlocks = frozenBlocks;
        this.transposed = new float[sizes.transposed];
        this.products = new float[sizes.products];
        this.inputGradients = new float[sizes.inputGradients];
        this.productGradients = new float[sizes.productGradients];
    }

    /// Floats of what blocks share, each the most that any block takes.
    record Sizes(int transposed, int products, int inputGradients, int productGradients) {
        static final Sizes NONE = new Sizes(0, 0, 0, 0);

        Sizes withTransposed(int floats) {
            return new Sizes(floats, products, inputGradients, productGradients);
        }

        Sizes max(Sizes other) {
            return new Sizes(
                    Math.max(transposed, other.transposed),
                    Math.max(products, other.products),
                    Math.max(inputGradients, other.inputGradients),
                    Math.max(productGradients, other.productGradients));
        }
    }

    int lanes() {
        return matrix.lanes();
    }
}
