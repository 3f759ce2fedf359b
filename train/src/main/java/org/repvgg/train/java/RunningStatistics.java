package org.repvgg.train.java;

import org.repvgg.model.BatchNorm;

/// A batch norm that stays as it is: it normalises by its running statistics, as in evaluation, and
/// nothing goes backward through it.
final class RunningStatistics extends ChannelMap {
    private final Parameters parameters;
    private final int channels;
    private final NormPlaces at;

    /// @param name of the norm: `stage1.0.rbr_dense.bn`
    /// @param channels not padded
    /// @param maps that are normalised
    RunningStatistics(Parameters parameters, String name, int channels, Maps maps) {
        super(maps.channels());
        this.parameters = parameters;
        this.channels = channels;
        at = NormPlaces.of(parameters, name);
    }

    @Override
    void takeSums(float[] sums, float[] squares, int pieces) {
        // nothing depends on the batch
    }

    @Override
    void normalise() {
        float[] running = parameters.statistics;
        for (int c = 0; c < channels; c++) {
            double inverse = 1 / Math.sqrt((double) running[at.variance() + c] + BatchNorm.EPSILON);
            double factor = parameters.weights[at.weight() + c] * inverse;
            scale[c] = (float) factor;
            shift[c] =
                    (float) (parameters.weights[at.bias() + c] - running[at.mean() + c] * factor);
        }
    }

    @Override
    void takeGradientSums(float[] gradientSums, float[] products, int pieces) {
        throw new IllegalStateException("a frozen norm has no gradient");
    }

    @Override
    void differentiate() {
        throw new IllegalStateException("a frozen norm has no gradient");
    }
}
