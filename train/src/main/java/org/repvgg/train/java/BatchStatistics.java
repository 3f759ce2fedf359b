package org.repvgg.train.java;

import org.repvgg.model.BatchNorm;
import org.repvgg.train.Ranks;

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
/// Sums arrive in float, one for each piece of the batch, and are added in double. Where several
/// ranks' images make a batch, all sums and `M` are theirs together; the gradients of bias and
/// weight stay those of this rank's images, for they are added up with all others.
final class BatchStatistics extends ChannelMap {
    private final Parameters parameters;
    private final Ranks ranks;
    private final int channels;
    private final NormPlaces at;
    private final double[] mean;
    private final double[] inverse;

    /// Values a channel in the last forward pass, of all ranks.
    private double count;

    /// @param ranks whose images together make a batch
    /// @param name of the norm: `stage1.0.rbr_dense.bn`
    /// @param channels not padded
    /// @param maps that are normalised
    BatchStatistics(Parameters parameters, Ranks ranks, String name, int channels, Maps maps) {
        super(maps.channels());
        this.parameters = parameters;
        this.ranks = ranks;
        this.channels = channels;
        at = NormPlaces.of(parameters, name);
        mean = new double[channels];
        inverse = new double[channels];
    }

    /// Moves the running statistics, too.
    @Override
    void normalise(float[] sums, float[] squares, int pieces, long values) {
        double[] total = new double[2 * channels + 1];
        add(sums, pieces, total, 0);
        add(squares, pieces, total, channels);
        total[2 * channels] = values;
        ranks.sum(total);
        count = total[2 * channels];
        float[] running = parameters.statistics;
        double unbiased = count / (count - 1);
        double momentum = parameters.statisticsMomentum();
        for (int c = 0; c < channels; c++) {
            mean[c] = total[c] / count;
            double variance = Math.max(0, total[channels + c] / count - mean[c] * mean[c]);
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
    void differentiate(float[] gradientSums, float[] products, int pieces, long values) {
        double[] total = new double[2 * channels];
        add(gradientSums, pieces, total, 0);
        add(products, pieces, total, channels);
        for (int c = 0; c < channels; c++) {
            parameters.gradients[at.bias() + c] = (float) total[c];
            parameters.gradients[at.weight() + c] = (float) weightGradient(total, c);
        }
        ranks.sum(total);
        for (int c = 0; c < channels; c++) {
            double bias = total[c];
            double weight = weightGradient(total, c);
            double factor = parameters.weights[at.weight() + c] * inverse[c];
            double slope = inverse[c] * weight / count;
            fromGradient[c] = (float) factor;
            fromValue[c] = (float) (-factor * slope);
            constant[c] = (float) (factor * (mean[c] * slope - bias / count));
        }
    }

    /// `Σ g ŷ` of the sums of `g` and of `g y`.
    private double weightGradient(double[] total, int c) {
        return inverse[c] * (total[channels + c] - mean[c] * total[c]);
    }

    /// Adds up the pieces, in their order, to the totals from `at` on.
    private void add(float[] sums, int pieces, double[] totals, int at) {
        for (int piece = 0; piece < pieces; piece++) {
            for (int c = 0; c < channels; c++) {
                totals[at + c] += sums[piece * scale.length + c];
            }
        }
    }
}
