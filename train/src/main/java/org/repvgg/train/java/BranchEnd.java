package org.repvgg.train.java;

import org.jspecify.annotations.Nullable;
import org.repvgg.kernel.Activation;
import org.repvgg.kernel.ChannelKernels;
import org.repvgg.kernel.TrainingKernels;

/// The end of a branch: `t = map(v)`, with a ReLU or without, which the block adds up; and its
/// gradients, with `g` the gradient of the sum:
///
/// 1. with a ReLU `g = t > 0 ? g : 0`, kept apart from the other branches' `g`;
/// 2. sums of `g` and of `g * v` per channel give the gradients of the batch norm's weights;
/// 3. `dv = a g + b v + c` per channel, see [ChannelMap].
final class BranchEnd {
    private final ChannelKernels channel;
    private final TrainingKernels training;

    /// Maps of `v`.
    private final Operand v;

    private final ChannelMap map;

    /// Maps of `t` and of its gradient; null without a ReLU.
    private final @Nullable Operand rectified;

    private final @Nullable Operand rectifiedGradient;

    /// `[piece][channel]`, of `g` behind a ReLU, and of `g * v`.
    private final float[] gradientSums;

    private final float[] products;

    /// @param v maps of the convolution's output, or of the block's input
    /// @param pieces that sums come in
    BranchEnd(StepContext context, Operand v, ChannelMap map, boolean relu, int pieces) {
        this.channel = context.kernels.channel();
        this.training = context.training;
        this.v = v;
        this.map = map;
        this.rectified = relu ? Operand.of(v.maps()) : null;
        this.rectifiedGradient = relu ? Operand.of(v.maps()) : null;
        this.products = new float[Math.multiplyExact(pieces, v.maps().channels())];
        this.gradientSums = relu ? products.clone() : new float[0];
    }

    ChannelMap map() {
        return map;
    }

    /// `sum += t` for some images of a pixel, or `sum = t` for the first branch.
    ///
    /// @param at where they are in maps that begin at 0
    void add(float[] sum, int at, int rows, boolean first) {
        int width = v.maps().channels();
        if (rectified != null) {
            affine(rectified.values(), at, rows, Activation.RELU);
            if (first) {
                System.arraycopy(rectified.values(), at, sum, at, rows * width);
            } else {
                channel.add(rectified.values(), at, sum, at, rows * width);
            }
        } else if (first) {
            affine(sum, at, rows, Activation.NONE);
        } else {
            channel.addAffine(
                    v.values(),
                    v.at() + at,
                    map.scale,
                    map.shift,
                    Activation.NONE,
                    sum,
                    at,
                    rows,
                    width);
        }
    }

    private void affine(float[] target, int at, int rows, Activation activation) {
        channel.affine(
                v.values(),
                v.at() + at,
                map.scale,
                map.shift,
                activation,
                target,
                at,
                rows,
                v.maps().channels());
    }

    /// Steps 1 and 2 for some images of a pixel.
    ///
    /// @param sumsAt where their piece's sums begin
    void gather(float[] gradient, int at, int rows, int sumsAt) {
        int width = v.maps().channels();
        float[] own = gradient;
        if (rectified != null && rectifiedGradient != null) {
            own = rectifiedGradient.values();
            System.arraycopy(gradient, at, own, at, rows * width);
            training.rectify(own, at, rectified.values(), at, rows * width);
            training.sums(own, at, rows, width, gradientSums, sumsAt);
        }
        training.products(own, at, v.values(), v.at() + at, rows, width, products, sumsAt);
    }

    /// After step 2.
    ///
    /// @param sums `[piece][channel]`, of the block's `g`
    void takeGradientSums(float[] sums, int pieces) {
        map.takeGradientSums(rectified == null ? sums : gradientSums, products, pieces);
    }

    /// Step 3 for some images of a pixel.
    ///
    /// @param target may be the values of `v`
    void combine(float[] gradient, float[] target, int targetAt, int at, int rows) {
        training.combine(
                rectifiedGradient == null ? gradient : rectifiedGradient.values(),
                at,
                map.fromGradient,
                v.values(),
                v.at() + at,
                map.fromValue,
                map.constant,
                target,
                targetAt,
                rows,
                v.maps().channels());
    }

    /// Step 3 in the place of `v`.
    void combine(float[] gradient, int at, int rows) {
        combine(gradient, v.values(), v.at() + at, at, rows);
    }
}
