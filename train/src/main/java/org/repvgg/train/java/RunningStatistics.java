package org.repvgg.train.java;

import org.repvgg.model.BatchNorm;

/// A batch norm that stays as it is: it normalises by its running statistics, as in evaluation, and
/// nothing goes backward through it.
final class RunningStatistics extends ChannelMap {
    private final Parameters parameters;
    private final int channels;
    private final int weightAt;
    private final int biasAt;
    private final int meanAt;
    private final int varianceAt;

    /// @param name of the norm: `stage1.0.rbr_dense.bn`
    /// @param channels not padded
    /// @param maps that are normalised
    RunningStatistics(Parameters parameters, String name, int channels, Maps maps) {
        super(maps.channels());
        this.parameters = parameters;
        this.channels = channels;
        weightAt = parameters.at(name + ".weight");
        biasAt = parameters.at(name + ".bias");
        meanAt = parameters.at(name + ".running_mean");
        varianceAt = parameters.at(name + ".running_var");
    }

    /// Takes nothing from the batch.
    @Override
    void normalise(float[] sums, float[] squares, int pieces, long count) {
        float[] running = parameters.statistics;
        for (int c = 0; c < channels; c++) {
            double inverse = 1 / Math.sqrt((double) running[varianceAt + c] + BatchNorm.EPSILON);
            double factor = parameters.weights[weightAt + c] * inverse;
            scale[c] = (float) factor;
            shift[c] = (float) (parameters.weights[biasAt + c] - running[meanAt + c] * factor);
        }
    }

    @Override
    void differentiate(float[] gradientSums, float[] products, int pieces, long count) {
        throw new IllegalStateException("a frozen norm has no gradient");
    }
}
