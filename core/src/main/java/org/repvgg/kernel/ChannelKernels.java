package org.repvgg.kernel;

/// What stands between convolutions, on runs of pixels that lie together, channels last:
/// `[pixels,channels]`.
///
/// Every operation works lane by lane in one order, fused where it says so: the twins agree bit for
/// bit.
public sealed interface ChannelKernels permits ScalarChannelKernels, VectorChannelKernels {

    /// `y[p,c] = activation(fma(scale[c], x[p,c], shift[c]))`: a batch norm in evaluation. `x` and
    /// `y` may be one array.
    void affine(
            float[] x,
            int xAt,
            float[] scale,
            float[] shift,
            Activation activation,
            float[] y,
            int yAt,
            int pixels,
            int channels);

    /// `y[p,c] += activation(fma(scale[c], x[p,c], shift[c]))`: a branch and its batch norm.
    void addAffine(
            float[] x,
            int xAt,
            float[] scale,
            float[] shift,
            Activation activation,
            float[] y,
            int yAt,
            int pixels,
            int channels);

    /// `y[i] += x[i]` for `i` in `[0,length)`.
    void add(float[] x, int xAt, float[] y, int yAt, int length);

    /// `y[i] = y[i] < 0 ? 0 : y[i]` for `i` in `[0,length)`.
    void relu(float[] y, int yAt, int length);

    /// `y[p,c] *= gain[gainAt + c]`: squeeze-and-excitation.
    void multiply(float[] gain, int gainAt, float[] y, int yAt, int pixels, int channels);

    /// `total[totalAt + c] += x[0,c] + x[1,c] + …`, added one after the other to what is there:
    /// pooling.
    void sum(float[] x, int xAt, int pixels, int channels, float[] total, int totalAt);
}
