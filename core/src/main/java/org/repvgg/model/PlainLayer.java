package org.repvgg.model;

import static org.repvgg.tensor.Checks.checkArgument;

import org.repvgg.tensor.Tensor;

/// One layer of the plain form. A new kind must break the build wherever layers are run, written or
/// counted.
public sealed interface PlainLayer {

    /// A 3x3 convolution, padding 1.
    ///
    /// @param weight `[out,in/groups,3,3]`
    /// @param bias `[out]`
    record Conv3x3(Tensor weight, Tensor bias, int stride, int groups) implements PlainLayer {
        public Conv3x3 {
            checkArgument(
                    weight.shape().rank() == 4
                            && weight.shape().dimension(2) == 3
                            && weight.shape().dimension(3) == 3
                            && bias.shape().rank() == 1
                            && bias.shape().dimension(0) == weight.shape().dimension(0),
                    "a plain convolution wants [out,in/groups,3,3] and [out]: %s, %s",
                    weight.shape(),
                    bias.shape());
            checkArgument(stride == 1 || stride == 2, "stride must be 1 or 2: %s", stride);
            checkArgument(
                    groups >= 1 && weight.shape().dimension(0) % groups == 0,
                    "output channels must divide by groups: out=%s, groups=%s",
                    weight.shape().dimension(0),
                    groups);
        }

        /// Input channels.
        public int in() {
            return weight.shape().dimension(1) * groups;
        }

        /// Output channels.
        public int out() {
            return weight.shape().dimension(0);
        }
    }

    /// `max(x, 0)`.
    record Relu() implements PlainLayer {}

    /// A per-channel gain that depends on the input.
    record Gain(SqueezeExcite weights) implements PlainLayer {}

    /// `[n,c,h,w]` → `[n,c]`.
    record GlobalAveragePool() implements PlainLayer {}

    /// `[n,in]` → `[n,out]`, the logits.
    record Classify(Linear weights) implements PlainLayer {}
}
