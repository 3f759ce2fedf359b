package org.repvgg.train.java;

/// The phases of a block's step, in their order; each is done before the next begins.
///
/// @param prepare what products are made of: transformed inputs and kernels
/// @param convolve `Y`, or the products it is made of, and the sums of the input
/// @param complete `Y` from products
/// @param add the sum of all branches; their norms' statistics are there by then
/// @param activate `z` from the sum, where a norm follows it; its statistics are there by then
/// @param rectify the gradient before the ReLU and its sums, where a norm follows the sum
/// @param gather the gradient of the sum of branches, and the sums of every branch; the gradients
///   of a norm behind the sum are there by then
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
        Phase activate,
        Phase rectify,
        Phase gather,
        Phase differentiate,
        Phase spread,
        Phase multiply,
        Phase collect) {

    /// Empty phases.
    static BlockPhases on(StepContext context) {
        return new BlockPhases(
                new Phase(context, Work.TRANSFORM),
                new Phase(context, Work.STATISTICS),
                new Phase(context, Work.TRANSFORM),
                new Phase(context, Work.NORMALISE),
                new Phase(context, Work.NORMALISE),
                new Phase(context, Work.GATHER),
                new Phase(context, Work.GATHER),
                new Phase(context, Work.DIFFERENTIATE),
                new Phase(context, Work.TRANSFORM),
                new Phase(context, Work.WEIGHT_GRADIENT),
                new Phase(context, Work.TRANSFORM));
    }
}
