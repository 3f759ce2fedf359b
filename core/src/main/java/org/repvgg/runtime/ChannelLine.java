package org.repvgg.runtime;

import java.util.Arrays;
import org.repvgg.model.BatchNorm;

/// `y[c] = scale[c] * x[c] + shift[c]`.
final class ChannelLine {
    final float[] scale;
    final float[] shift;

    private ChannelLine(float[] scale, float[] shift) {
        this.scale = scale;
        this.shift = shift;
    }

    /// `y = x`.
    static ChannelLine identity(int channels) {
        float[] scale = new float[channels];
        Arrays.fill(scale, 1);
        return new ChannelLine(scale, new float[channels]);
    }

    /// A batch norm in evaluation: `scale = weight / sqrt(variance + epsilon)`, `shift = bias -
    /// mean * scale`, computed in double, rounded once.
    static ChannelLine of(BatchNorm norm) {
        float[] scale = new float[norm.channels()];
        float[] shift = new float[norm.channels()];
        for (int c = 0; c < scale.length; c++) {
            double exact =
                    norm.weight().get(c)
                            / Math.sqrt((double) norm.variance().get(c) + norm.epsilon());
            scale[c] = (float) exact;
            shift[c] = (float) (norm.bias().get(c) - norm.mean().get(c) * exact);
        }
        return new ChannelLine(scale, shift);
    }

    int channels() {
        return scale.length;
    }
}
