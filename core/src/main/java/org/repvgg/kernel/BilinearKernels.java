package org.repvgg.kernel;

import static org.repvgg.tensor.Checks.checkArgument;

import org.repvgg.kernel.Winograd.Map;
import org.repvgg.kernel.Winograd.Window;

/// The maps of [Winograd] that a training step takes, forward and back, `T x Tᵀ` for one tile and
/// many channels at once. The twins agree bit for bit.
///
/// Only [Winograd#WHOLE_2X2] and [Winograd#F4] are trained. Channels are a multiple of
/// [MatrixKernels#lanes].
public sealed interface BilinearKernels permits ScalarBilinearKernels, VectorBilinearKernels {

    /// Floats of scratch that each operation needs.
    int scratch();

    /// From a tile of maps to products, by [Map#INPUT] or [Map#OUTPUT_GRADIENT]: `v[vAt + (i *
    /// products + j) * position + c] = Σ_r Σ_s t[i][r] * t[j][s] * x[xAt + r * row + s * column +
    /// c]`.
    ///
    /// @param window what is read; the rest counts as zero
    /// @param scratch overwritten
    void gather(
            Winograd algorithm,
            Map map,
            float[] x,
            int xAt,
            int row,
            int column,
            Window window,
            float[] v,
            int vAt,
            int position,
            int channels,
            float[] scratch);

    /// From products to a tile of maps, by [Map#OUTPUT] or [Map#INPUT_GRADIENT]: `x[xAt + r * row +
    /// s * column + c] = Σ_i Σ_j t[r][i] * t[s][j] * m[mAt + (i * products + j) * position + c]`.
    ///
    /// @param window what is written
    /// @param add whether to add to what is there
    /// @param scratch overwritten
    void scatter(
            Winograd algorithm,
            Map map,
            float[] m,
            int mAt,
            int position,
            float[] x,
            int xAt,
            int row,
            int column,
            Window window,
            boolean add,
            int channels,
            float[] scratch);

    /// Between taps and products, by [Map#WEIGHT] or [Map#WEIGHT_GRADIENT]: `y[yAt + (i * to + j) *
    /// step + c] = Σ_r Σ_s t[i][r] * t[j][s] * x[xAt + (r * from + s) * step + c]`.
    ///
    /// @param scratch overwritten
    void weights(
            Winograd algorithm,
            Map map,
            float[] x,
            int xAt,
            float[] y,
            int yAt,
            int step,
            int channels,
            float[] scratch);

    /// Checks what every implementation asks for.
    default void check(Winograd algorithm, Map map, Map one, Map other) {
        checkArgument(
                algorithm == Winograd.WHOLE_2X2 || algorithm == Winograd.F4,
                "training multiplies by WHOLE_2X2 and F4, not by %s",
                algorithm);
        checkArgument(map == one || map == other, "%s is neither %s nor %s", map, one, other);
    }
}
