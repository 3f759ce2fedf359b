package org.repvgg.train.java;

import org.repvgg.model.BatchNorm;

/// A batch norm in training, per channel over all pixels and images of a batch.
///
/// Forward, with `M` values a channel: `mean = Σ y / M`, `inverse = 1 / sqrt(Σ y² / M - mean² +
/// epsilon)`, `z = weight * (y - mean) * inverse + bias = scale * y + shift`.
///
/// Backward, with `g` the gradient of `z` and `ŷ = (y - mean) * inverse`: the gradients of bias and
/// weight are `Σ g` and `Σ g ŷ = inverse * (Σ g y - mean * Σ g)`, and that of `y` is
///
/// `scale * (g - Σ g / M - ŷ * Σ g ŷ / M) = fromGradient * g + fromValue * y + constant`.
///
/// Sums arrive in float, one for each piece of the batch, and are added in double.
final class BatchStatistics extends ChannelMap {
    private final Parameters parameters;
    private final int channels;
    private final NormPlaces at;
    private final double[] mean;
    private final double[] inverse;

    /// @param name of the norm: `stage1.0.rbr_dense.bn`
    /// @param channels not padded
    /// @param maps that are normalised
    BatchStatistics(Parameters parameters, String name, int channels, Maps maps) {
        super(maps.channels());
        this.parameters = parameters;
        this.channels = channels;
        at = NormPlaces.of(parameters, name);
        mean = new double[channels];
        inverse = new double[channels];
    }

    /// Moves the running statistics, too.
    @Override
    void normalise(float[] sums, float[] squares, int pieces, long count) {
        double[] total = total(sums, pieces);
        double[] totalSquares = total(squares, pieces);
        float[] running = parameters.statistics;
        double unbiased = count / (count - 1.0);
        double momentum = parameters.statisticsMomentum();
        for (int c = 0; c < channels; c++) {
            mean[c] = total[c] / count;
            double variance = Math.max(0, totalSquares[c] / count - mean[c] * mean[c]);
            inverse[c] = 1 / Math.sqrt(variance + BatchNorm.EPSILON);
            double factor = parameters.weights[at.weight() + c] * inverse[c];
            scale[c] = (float) factor;
            shift[c] = (float) (parameters.weights[at.bias() + c] - mean[c] * factor);
            running[at.mean() + c] += (float) (momentum * (mean[c] - running[at.mean() + c]));
            running[at.variance() + c] +=
                    (float) (momentum * (variance * unbiased - running[at.variance() + c]));
        }
    }

    @Override
    void differentiate(float[] gradientSums, float[] products, int pieces, long count) {
        double[] gradient = total(gradientSums, pieces);
        double[] product = total(products, pieces);
        for (int c = 0; c < channels; c++) {
            double bias = gradient[c];
            double weight = inverse[c] * (product[c] - mean[c] * bias);
            parameters.gradients[at.bias() + c] = (float) bias;
            parameters.gradients[at.weight() + c] = (float) weight;
            double factor = parameters.weights[at.weight() + c] * inverse[c];
            double slope = inverse[c] * weight / count;
            fromGradient[c] = (float) factor;
            fromValue[c] = (float) (-factor * slope);
            constant[c] = (float) (factor * (mean[c] * slope - bias / count));
        }
    }

    /// Adds up the pieces, in their order.
    private double[] total(float[] sums, int pieces) {
        double[] total = new double[channels];
        for (int piece = 0; piece < pieces; piece++) {
            for (int c = 0; c < channels; c++) {
                total[c] += sums[piece * scale.length + c];
            }
        }
        return total;
    }
}
