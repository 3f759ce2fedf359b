package org.repvgg.kernel;

import static org.repvgg.tensor.Checks.checkArgument;

/// Products of matrices that stand somewhere in larger arrays, summed over segments. Forward and
/// input gradient of a convolution are the first of these sums, its weight gradient is the second.
///
/// Products are added in the order of the segments, each fused into its sum: the twins agree bit
/// for bit.
public sealed interface MatrixKernels permits ScalarMatrixKernels, VectorMatrixKernels {

    /// Floats of a vector. Panels have rows of `2 * lanes`, of which the first `lanes` or all are
    /// computed.
    int lanes();

    /// `C = Σ A B`: with `(aAt, bAt) = (segments[2 * s], segments[2 * s + 1])`, for `r` in
    /// `[0,rows)` and `l` in `[0,width)`
    ///
    /// `c[cAt + r * c.row + l] = Σ_s Σ_k a[aAt + r * a.row + k] * panel[panelAt + bAt + k * 2 *
    /// lanes
    /// + l]`, `k` in `[0,length)`.
    ///
    /// @param segments places in `a` and `panel`, in pairs; none gives zeros
    /// @param c overwritten; with `add`, the sums start from what it holds
    /// @param length at least 1
    /// @param width `lanes` or `2 * lanes`
    /// @throws IllegalArgumentException for another length or width
    void multiply(
            Rows a,
            float[] panel,
            int panelAt,
            int[] segments,
            int length,
            Rows c,
            int cAt,
            int rows,
            int width,
            boolean add);

    /// `C = Σ Aᵀ B`: with `(aAt, bAt') = (segments[2 * s], segments[2 * s + 1])`, for `i` in
    /// `[0,columns)` and `l` in `[0,width)`
    ///
    /// `c[cAt + i * c.row + l] = Σ_s Σ_k a[aAt + k * a.row + i] * b[bAt + bAt' + k * b.row + l]`,
    /// `k` in `[0,length)`.
    ///
    /// @param segments places in `a` and `b`, in pairs; none gives zeros
    /// @param c overwritten
    /// @param length at least 1
    /// @param width `lanes` or `2 * lanes`
    /// @throws IllegalArgumentException for another length or width
    void multiplyTransposed(
            Rows a,
            Rows b,
            int bAt,
            int[] segments,
            int length,
            Rows c,
            int cAt,
            int columns,
            int width);

    /// An array that holds matrices with rows of elements side by side; the array is shared, not
    /// copied.
    final class Rows {
        final float[] values;
        final int row;

        /// @param row from a row to the next
        public Rows(float[] values, int row) {
            this.values = values;
            this.row = row;
        }

        /// The array itself.
        public float[] values() {
            return values;
        }

        public int row() {
            return row;
        }
    }

    /// Checks what every implementation asks for.
    default void check(int length, int width) {
        checkArgument(length >= 1, "a product has at least one term a segment, not %s", length);
        checkArgument(
                width == lanes() || width == 2 * lanes(),
                "a panel is %s or %s wide, not %s",
                lanes(),
                2 * lanes(),
                width);
    }
}
