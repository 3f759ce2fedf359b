package org.repvgg.train.java;

import org.repvgg.runtime.WorkerPool;

/// The phases of a block's step, in their order; each is done before the next begins.
///
/// @param prepare what products are made of: transformed inputs and kernels
/// @param convolve `Y`, or the products it is made of, and the sums of the input
/// @param complete `Y` from products
/// @param add `z` from every norm; the norms' statistics are there by then
/// @param gather the gradient before the ReLU, and its sums
/// @param differentiate `dY`, the identity's part of `dX`, kernels with inputs and outputs
///   exchanged; the norms' gradients are there by then
/// @param spread the gradients of products
/// @param multiply `dW`, and `dX` without what products add to it
/// @param collect what products add to `dX`, and `dW` from products
record BlockPhases(
        Phase prepare,
        Phase convolve,
        Phase complete,
        Phase add,
        Phase gather,
        Phase differentiate,
        Phase spread,
        Phase multiply,
        Phase collect) {

    /// Nine empty phases.
    static BlockPhases on(WorkerPool pool) {
        return new BlockPhases(
                new Phase(pool),
                new Phase(pool),
                new Phase(pool),
                new Phase(pool),
                new Phase(pool),
                new Phase(pool),
                new Phase(pool),
                new Phase(pool),
                new Phase(pool));
    }
}
