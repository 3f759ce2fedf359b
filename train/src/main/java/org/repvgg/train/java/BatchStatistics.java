package org.repvgg.train.java;

import java.util.Arrays;
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
/// Sums arrive in float, one for each piece of the batch, and are added in double. Where several
/// ranks' images make a batch, all sums and `M` are theirs together; the gradients of bias and
/// weight stay those of this rank's images, for they are added up with all others.
final class BatchStatistics extends ChannelMap {
    private final Parameters parameters;
    private final int channels;
    private final NormPlaces at;

    /// Takes `Σ y` and `Σ y²` on the way forward, `Σ g` and `Σ g y` on the way back.
    private final NormSums sums;

    /// Where this norm's `2 * channels` sums begin.
    private final int sumsAt;

    private final double[] mean;
    private final double[] inverse;

    /// @param sums shared with the norms that need theirs at the same time
    /// @param name of the norm: `stage1.0.rbr_dense.bn`
    /// @param channels not padded
    /// @param maps that are normalised
    BatchStatistics(Parameters parameters, NormSums sums, String name, int channels, Maps maps) {
        super(maps.channels());
        this.parameters = parameters;
        this.channels = channels;
        this.sums = sums;
        sumsAt = sums.reserve(2 * channels);
        at = NormPlaces.of(parameters, name);
        mean = new double[channels];
        inverse = new double[channels];
    }

    @Override
    void takeSums(float[] values, float[] squares, int pieces) {
        addUp(values, squares, pieces);
    }

    /// Moves the running statistics, too.
    @Override
    void normalise() {
        double[] total = sums.values();
        double count = sums.count();
        float[] running = parameters.statistics;
        double unbiased = count / (count - 1);
        double momentum = parameters.statisticsMomentum();
        for (int c = 0; c < channels; c++) {
            mean[c] = total[sumsAt + c] / count;
            double square = total[sumsAt + channels + c] / count;
            double variance = Math.max(0, square - mean[c] * mean[c]);
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
    void takeGradientSums(float[] gradientSums, float[] products, int pieces) {
        addUp(gradientSums, products, pieces);
        double[] own = sums.values();
        for (int c = 0; c < channels; c++) {
            parameters.gradients[at.bias() + c] = (float) own[sumsAt + c];
            parameters.gradients[at.weight() + c] = (float) weightGradient(own, c);
        }
    }

    @Override
    void differentiate() {
        double[] total = sums.values();
        double count = sums.count();
        for (int c = 0; c < channels; c++) {
            double bias = total[sumsAt + c];
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
        return inverse[c] * (total[sumsAt + channels + c] - mean[c] * total[sumsAt + c]);
    }

    /// Adds up the pieces, in their order.
    private void addUp(float[] first, float[] second, int pieces) {
        double[] total = sums.values();
        Arrays.fill(total, sumsAt, sumsAt + 2 * channels, 0);
        for (int piece = 0; piece < pieces; piece++) {
            int from = piece * scale.length;
            for (int c = 0; c < channels; c++) {
                total[sumsAt + c] += first[from + c];
                total[sumsAt + channels + c] += second[from + c];
            }
        }
    }
}
