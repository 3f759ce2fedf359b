package org.repvgg.train.java;

import java.util.Arrays;

/// A branch without a batch norm: `z = y`, `dy = g`.
final class NoNorm extends ChannelMap {
    NoNorm(int channels, int padded) {
        super(padded);
        Arrays.fill(scale, 0, channels, 1);
        Arrays.fill(fromGradient, 0, channels, 1);
    }

    @Override
    void takeSums(float[] sums, float[] squares, int pieces) {
        // nothing depends on the batch
    }

    @Override
    void normalise() {
        // it is as it was built
    }

    @Override
    void takeGradientSums(float[] gradientSums, float[] products, int pieces) {
        // there are no weights
    }

    @Override
    void differentiate() {
        // it is as it was built
    }
}
