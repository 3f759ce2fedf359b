package org.repvgg.model;

import static org.repvgg.tensor.Checks.checkArgument;

import org.repvgg.tensor.Tensor;

/// Weights of squeeze-and-excitation: `y = x * sigmoid(up · relu(down · mean(x) + downBias) +
/// upBias)`, mean over height and width.
///
/// @param downWeight `[hidden,c]`
/// @param downBias `[hidden]`
/// @param upWeight `[c,hidden]`
/// @param upBias `[c]`
public record SqueezeExcite(Tensor downWeight, Tensor downBias, Tensor upWeight, Tensor upBias) {
    public SqueezeExcite {
        checkArgument(
                downWeight.shape().rank() == 2
                        && upWeight.shape().rank() == 2
                        && downBias.shape().rank() == 1
                        && upBias.shape().rank() == 1
                        && downWeight.shape().dimension(0) == downBias.shape().dimension(0)
                        && upWeight.shape().dimension(0) == upBias.shape().dimension(0)
                        && downWeight.shape().dimension(1) == upBias.shape().dimension(0)
                        && upWeight.shape().dimension(1) == downBias.shape().dimension(0),
                "squeeze-and-excitation wants [hidden,c], [hidden], [c,hidden], [c]: %s, %s, %s, %s",
                downWeight.shape(),
                downBias.shape(),
                upWeight.shape(),
                upBias.shape());
    }
}
