package org.repvgg.kernel;

/// [MatrixKernels] as plain loops.
final class ScalarMatrixKernels implements MatrixKernels {
    private static final int LANES = 8;

    @Override
    public int lanes() {
        return LANES;
    }

    @Override
    public void multiply(
            Rows a,
            float[] panel,
            int panelAt,
            int[] segments,
            int length,
            Rows c,
            int cAt,
            int rows,
            int width,
            boolean add) {
        check(length, width);
        for (int r = 0; r < rows; r++) {
            for (int l = 0; l < width; l++) {
                int to = cAt + r * c.row + l;
                float sum = add ? c.values[to] : 0;
                for (int s = 0; s < segments.length; s += 2) {
                    int from = segments[s] + r * a.row;
                    int weight = panelAt + segments[s + 1] + l;
                    for (int k = 0; k < length; k++) {
                        sum = Math.fma(panel[weight + k * 2 * LANES], a.values[from + k], sum);
                    }
                }
                c.values[to] = sum;
            }
        }
    }

    @Override
    public void multiplyTransposed(
            Rows a,
            Rows b,
            int bAt,
            int[] segments,
            int length,
            Rows c,
            int cAt,
            int columns,
            int width) {
        check(length, width);
        for (int i = 0; i < columns; i++) {
            for (int l = 0; l < width; l++) {
                float sum = 0;
                for (int s = 0; s < segments.length; s += 2) {
                    int from = segments[s] + i;
                    int other = bAt + segments[s + 1] + l;
                    for (int k = 0; k < length; k++) {
                        sum =
                                Math.fma(
                                        b.values[other + k * b.row],
                                        a.values[from + k * a.row],
                                        sum);
                    }
                }
                c.values[cAt + i * c.row + l] = sum;
            }
        }
    }
}
