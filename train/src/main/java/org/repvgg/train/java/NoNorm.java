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
    void normalise(float[] sums, float[] squares, int pieces, long count) {
        // nothing depends on the batch
    }

    @Override
    void differentiate(float[] gradientSums, float[] products, int pieces, long count) {
        // there are no weights
    }
}
