package org.repvgg.kernel;

import org.repvgg.kernel.MatrixKernels.Rows;

/// [TrainingKernels] as plain loops.
final class ScalarTrainingKernels implements TrainingKernels {
    @Override
    public void moments(
            Rows x, int xAt, int rows, int width, float[] sums, float[] squares, int sumsAt) {
        for (int c = 0; c < width; c++) {
            float sum = 0;
            float square = 0;
            for (int r = 0; r < rows; r++) {
                float value = x.values[xAt + r * x.row + c];
                sum += value;
                square = Math.fma(value, value, square);
            }
            sums[sumsAt + c] = sum;
            squares[sumsAt + c] = square;
        }
    }

    @Override
    public void sums(float[] x, int xAt, int rows, int width, float[] sums, int sumsAt) {
        for (int c = 0; c < width; c++) {
            float sum = 0;
            for (int r = 0; r < rows; r++) {
                sum += x[xAt + r * width + c];
            }
            sums[sumsAt + c] = sum;
        }
    }

    @Override
    public void products(
            float[] g, int gAt, float[] y, int yAt, int rows, int width, float[] sums, int sumsAt) {
        for (int c = 0; c < width; c++) {
            float sum = 0;
            for (int r = 0; r < rows; r++) {
                sum = Math.fma(g[gAt + r * width + c], y[yAt + r * width + c], sum);
            }
            sums[sumsAt + c] = sum;
        }
    }

    @Override
    public void rectify(float[] g, int gAt, float[] y, int yAt, int length) {
        for (int i = 0; i < length; i++) {
            if (!(y[yAt + i] > 0)) {
                g[gAt + i] = 0;
            }
        }
    }

    @Override
    public void combine(
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
            int width) {
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < width; c++) {
                int i = r * width + c;
                target[targetAt + i] =
                        Math.fma(a[c], g[gAt + i], Math.fma(b[c], y[yAt + i], shift[c]));
            }
        }
    }

    @Override
    public void descend(
            float[] w,
            float[] v,
            float[] g,
            int at,
            int length,
            float rate,
            float momentum,
            float decay,
            boolean nesterov) {
        for (int i = at; i < at + length; i++) {
            float d = Math.fma(decay, w[i], g[i]);
            v[i] = Math.fma(momentum, v[i], d);
            float direction = nesterov ? Math.fma(momentum, v[i], d) : v[i];
            w[i] = Math.fma(-rate, direction, w[i]);
        }
    }
}
