package org.repvgg.kernel;

import org.repvgg.kernel.MatrixKernels.Rows;

/// What a training step does between its matrix products, on rows of channels `[rows,width]` in
/// larger arrays.
///
/// Widths are multiples of [MatrixKernels#lanes]; every operation works lane by lane in one order,
/// fused where it says so: the twins agree bit for bit.
public sealed interface TrainingKernels permits ScalarTrainingKernels, VectorTrainingKernels {

    /// `sums[sumsAt + c] = Σ_r x[r,c]` and `squares[sumsAt + c] = Σ_r fma(x[r,c], x[r,c], …)`.
    void moments(Rows x, int xAt, int rows, int width, float[] sums, float[] squares, int sumsAt);

    /// `sums[sumsAt + c] = Σ_r x[r,c]`, rows side by side.
    void sums(float[] x, int xAt, int rows, int width, float[] sums, int sumsAt);

    /// `sums[sumsAt + c] = Σ_r fma(g[r,c], y[r,c], …)`, both with rows side by side.
    void products(
            float[] g, int gAt, float[] y, int yAt, int rows, int width, float[] sums, int sumsAt);

    /// The gradient of a ReLU, in place: `g[i] = y[i] > 0 ? g[i] : 0` for `i` in `[0,length)`.
    ///
    /// @param y the ReLU's output
    void rectify(float[] g, int gAt, float[] y, int yAt, int length);

    /// `target[r,c] = fma(a[c], g[r,c], fma(b[c], y[r,c], shift[c]))`: the gradient before a batch
    /// norm. `target` may be `y`.
    void combine(
            float[] g,
            int gAt,
            float[] a,
            float[] y,
            int yAt,
            float[] b,
            float[] shift,
            float[] target,
            int targetAt,
            int rows,
            int width);

    /// One step of gradient descent with momentum, in place, for `i` in `[at,at + length)`: with `d
    /// = fma(decay, w[i], g[i])`, `v[i] = fma(momentum, v[i], d)` and `w[i] = fma(-rate, v[i],
    /// w[i])`, or with Nesterov `w[i] = fma(-rate, fma(momentum, v[i], d), w[i])`.
    void descend(
            float[] w,
            float[] v,
            float[] g,
            int at,
            int length,
            float rate,
            float momentum,
            float decay,
            boolean nesterov);
}
