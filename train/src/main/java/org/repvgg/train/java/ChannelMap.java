package org.repvgg.train.java;

/// What follows a linear map in training, per channel: forward `z = scale * y + shift`, backward
/// with `g` the gradient of `z`: `dy = fromGradient * g + fromValue * y + constant`.
///
/// The arrays are padded with zeros.
abstract sealed class ChannelMap permits BatchStatistics, NoNorm, RunningStatistics {
    final float[] scale;
    final float[] shift;
    final float[] fromGradient;
    final float[] fromValue;
    final float[] constant;

    /// @param padded channels of the maps
    ChannelMap(int padded) {
        scale = new float[padded];
        shift = new float[padded];
        fromGradient = new float[padded];
        fromValue = new float[padded];
        constant = new float[padded];
    }

    /// Takes the sums of a forward pass; what several ranks add up goes to [NormSums].
    ///
    /// @param sums `[piece][padded channel]`, of `y`
    /// @param squares likewise, of `y²`
    abstract void takeSums(float[] sums, float[] squares, int pieces);

    /// Leaves `scale` and `shift`, once the sums are those of all ranks.
    abstract void normalise();

    /// Takes the sums of a backward pass, likewise, and leaves the gradients of its own weights.
    ///
    /// @param gradientSums `[piece][padded channel]`, of `g`
    /// @param products likewise, of `g * y`
    abstract void takeGradientSums(float[] gradientSums, float[] products, int pieces);

    /// Leaves what `dy` is made of, once the sums are those of all ranks.
    abstract void differentiate();
}
