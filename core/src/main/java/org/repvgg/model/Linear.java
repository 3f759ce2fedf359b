package org.repvgg.model;

import static org.repvgg.tensor.Checks.checkArgument;

import org.repvgg.tensor.Tensor;

/// Weights of a fully connected layer: `y = weight · x + bias`.
///
/// @param weight `[out,in]`
/// @param bias `[out]`
public record Linear(Tensor weight, Tensor bias) {
    public Linear {
        checkArgument(
                weight.shape().rank() == 2
                        && bias.shape().rank() == 1
                        && weight.shape().dimension(0) == bias.shape().dimension(0),
                "a linear layer wants [out,in] and [out]: %s, %s",
                weight.shape(),
                bias.shape());
    }
}
