package org.repvgg.kernel;

/// The transforms of [Winograd] for one tile, all channels at once. The twins agree bit for bit.
public sealed interface TransformKernels permits ScalarTransformKernels, VectorTransformKernels {

    /// Floats of scratch that a transform needs.
    int scratch();

    /// `V = Bᵀ d B`: `v[vAt + (i * products + j) * position + c] = Σ_r Σ_s b[i][r] * b[j][s] *
    /// x[xAt + r * row + s * column + c]` for `c` in `[0,channels)`.
    ///
    /// @param scratch overwritten
    void input(
            Winograd algorithm,
            float[] x,
            int xAt,
            int row,
            int column,
            float[] v,
            int vAt,
            int position,
            int channels,
            float[] scratch);

    /// `Y = activation(Aᵀ m A + bias)`: `y[yAt + r * row + s * column + c]`, with `bias[biasAt +
    /// c]`, from `m[mAt + (i * products + j) * position + c]` for `r` in `[0,rows)`, `s` in
    /// `[0,columns)` and `c` in `[0,channels)`.
    ///
    /// @param scratch overwritten
    void output(
            Winograd algorithm,
            float[] m,
            int mAt,
            int position,
            float[] bias,
            int biasAt,
            Activation activation,
            float[] y,
            int yAt,
            int row,
            int column,
            int rows,
            int columns,
            int channels,
            float[] scratch);
}
