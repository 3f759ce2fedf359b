package org.repvgg.model;

import static org.repvgg.tensor.Checks.checkArgument;

import org.repvgg.tensor.Tensor;

/// Weights of a batch norm in evaluation: `y[c] = weight[c] * (x[c] - mean[c]) / sqrt(variance[c] +
/// epsilon) + bias[c]`.
///
/// @param weight the scale, gamma, `[c]`
/// @param bias the shift, beta, `[c]`
/// @param mean running mean, `[c]`
/// @param variance running variance, `[c]`
/// @param epsilon [#EPSILON] unless the file says otherwise
public record BatchNorm(Tensor weight, Tensor bias, Tensor mean, Tensor variance, float epsilon) {
    /// PyTorch's default, used by the reference implementation.
    public static final float EPSILON = 1e-5f;

    public BatchNorm {
        checkArgument(
                weight.shape().rank() == 1
                        && weight.shape().equals(bias.shape())
                        && weight.shape().equals(mean.shape())
                        && weight.shape().equals(variance.shape()),
                "a batch norm has four vectors of one length: weight=%s, bias=%s, mean=%s, variance=%s",
                weight.shape(),
                bias.shape(),
                mean.shape(),
                variance.shape());
        checkArgument(epsilon > 0, "batch norm epsilon must be positive: %s", epsilon);
    }

    /// Number of channels.
    public int channels() {
        return weight.shape().dimension(0);
    }
}
