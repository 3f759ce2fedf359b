package org.repvgg.kernel;

/// [ChannelKernels] in plain Java.
final class ScalarChannelKernels implements ChannelKernels {
    @Override
    public void affine(
            float[] x,
            int xAt,
            float[] scale,
            float[] shift,
            Activation activation,
            float[] y,
            int yAt,
            int pixels,
            int channels) {
        for (int p = 0; p < pixels; p++) {
            for (int c = 0; c < channels; c++) {
                int at = p * channels + c;
                y[yAt + at] = activation.apply(Math.fma(scale[c], x[xAt + at], shift[c]));
            }
        }
    }

    @Override
    public void addAffine(
            float[] x,
            int xAt,
            float[] scale,
            float[] shift,
            Activation activation,
            float[] y,
            int yAt,
            int pixels,
            int channels) {
        for (int p = 0; p < pixels; p++) {
            for (int c = 0; c < channels; c++) {
                int at = p * channels + c;
                y[yAt + at] += activation.apply(Math.fma(scale[c], x[xAt + at], shift[c]));
            }
        }
    }

    @Override
    public void add(float[] x, int xAt, float[] y, int yAt, int length) {
        for (int i = 0; i < length; i++) {
            y[yAt + i] += x[xAt + i];
        }
    }

    @Override
    public void relu(float[] y, int yAt, int length) {
        for (int i = 0; i < length; i++) {
            y[yAt + i] = Activation.RELU.apply(y[yAt + i]);
        }
    }

    @Override
    public void multiply(float[] gain, int gainAt, float[] y, int yAt, int pixels, int channels) {
        for (int p = 0; p < pixels; p++) {
            for (int c = 0; c < channels; c++) {
                y[yAt + p * channels + c] *= gain[gainAt + c];
            }
        }
    }

    @Override
    public void sum(float[] x, int xAt, int pixels, int channels, float[] total, int totalAt) {
        for (int p = 0; p < pixels; p++) {
            for (int c = 0; c < channels; c++) {
                total[totalAt + c] += x[xAt + p * channels + c];
            }
        }
    }
}
