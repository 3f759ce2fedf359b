package org.repvgg.kernel;

/// Convolution straight from its definition, in double: the witness for every kernel.
public final class NaiveConv {
    /// `[n,out,h,w]`, before any activation.
    public final double[] output;

    /// `|bias| + sum |weight * x|` for each output: the scale of its rounding error.
    final double[] magnitude;

    /// @param x `[n,in,h,w]`
    public NaiveConv(
            ConvShape shape, float[] weight, float[] bias, double[] x, int n, int h, int w) {
        int outH = shape.outputSize(h);
        int outW = shape.outputSize(w);
        output = new double[n * shape.out() * outH * outW];
        magnitude = new double[output.length];
        int at = 0;
        for (int image = 0; image < n; image++) {
            for (int o = 0; o < shape.out(); o++) {
                for (int y = 0; y < outH; y++) {
                    for (int xx = 0; xx < outW; xx++) {
                        one(shape, weight, bias[o], x, image, o, y, xx, h, w, at++);
                    }
                }
            }
        }
    }

    private void one(
            ConvShape shape,
            float[] weight,
            double bias,
            double[] x,
            int image,
            int o,
            int y,
            int xx,
            int h,
            int w,
            int at) {
        output[at] = bias;
        magnitude[at] = Math.abs(bias);
        int firstInput = o / shape.outPerGroup() * shape.inPerGroup();
        for (int i = 0; i < shape.inPerGroup(); i++) {
            for (int r = 0; r < shape.height(); r++) {
                for (int s = 0; s < shape.width(); s++) {
                    int fromY = y * shape.stride() + r - shape.height() / 2;
                    int fromX = xx * shape.stride() + s - shape.width() / 2;
                    if (fromY < 0 || fromY >= h || fromX < 0 || fromX >= w) {
                        continue;
                    }
                    int weightAt =
                            ((o * shape.inPerGroup() + i) * shape.height() + r) * shape.width() + s;
                    int xAt = ((image * shape.in() + firstInput + i) * h + fromY) * w + fromX;
                    double product = weight[weightAt] * x[xAt];
                    output[at] += product;
                    magnitude[at] += Math.abs(product);
                }
            }
        }
    }
}
