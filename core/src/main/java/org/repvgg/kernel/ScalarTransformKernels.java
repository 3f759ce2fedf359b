package org.repvgg.kernel;

/// [TransformKernels] channel by channel, with the vector twin's sums.
final class ScalarTransformKernels implements TransformKernels {
    @Override
    public int scratch() {
        return 6 * 6;
    }

    @Override
    public void input(
            Winograd algorithm,
            float[] x,
            int xAt,
            int row,
            int column,
            float[] v,
            int vAt,
            int position,
            int channels,
            float[] scratch) {
        int inputs = algorithm.inputs();
        int products = algorithm.products();
        for (int c = 0; c < channels; c++) {
            for (int s = 0; s < inputs; s++) {
                inputLine(algorithm, x, xAt + s * column + c, row, scratch, s, inputs);
            }
            for (int i = 0; i < products; i++) {
                int at = vAt + i * products * position + c;
                inputLine(algorithm, scratch, i * inputs, 1, v, at, position);
            }
        }
    }

    @Override
    public void output(
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
            float[] scratch) {
        int products = algorithm.products();
        for (int c = 0; c < channels; c++) {
            for (int j = 0; j < products; j++) {
                int at = mAt + j * position + c;
                outputLine(algorithm, m, at, products * position, scratch, j, products);
            }
            // Row r of the results takes the place of row r of what it comes from.
            for (int r = 0; r < rows; r++) {
                outputLine(algorithm, scratch, r * products, 1, scratch, r * products, 1);
                for (int s = 0; s < columns; s++) {
                    y[yAt + r * row + s * column + c] =
                            activation.apply(scratch[r * products + s] + bias[biasAt + c]);
                }
            }
        }
    }

    static void inputLine(
            Winograd algorithm, float[] x, int at, int step, float[] y, int to, int toStep) {
        float d0 = x[at];
        float d1 = x[at + step];
        switch (algorithm) {
            case WHOLE_2X2 -> put(y, to, toStep, d0 - d1, d1, d0);
            case F2 -> {
                float d2 = x[at + 2 * step];
                float d3 = x[at + 3 * step];
                put(y, to, toStep, d0 - d2, d1 + d2, d2 - d1, d3 - d1);
            }
            case F3 -> {
                float d2 = x[at + 2 * step];
                float d3 = x[at + 3 * step];
                float d4 = x[at + 4 * step];
                float d31 = d3 - d1;
                float d32 = d3 - d2;
                put(
                        y,
                        to,
                        toStep,
                        Math.fma(d0 - d2, 2, d31),
                        Math.fma(d1, -2, d32),
                        Math.fma(d1 - d2, 2, d32),
                        d31,
                        Math.fma(d31, -2, d4 - d2));
            }
            case F4 -> {
                float d2 = x[at + 2 * step];
                float d3 = x[at + 3 * step];
                float d4 = x[at + 4 * step];
                float d5 = x[at + 5 * step];
                float even = Math.fma(d2, -4, d4);
                float odd = Math.fma(d1, -4, d3);
                float d42 = d4 - d2;
                float twice = (d3 - d1) + (d3 - d1);
                put(
                        y,
                        to,
                        toStep,
                        Math.fma(d0, 4, Math.fma(d2, -5, d4)),
                        even + odd,
                        even - odd,
                        d42 + twice,
                        d42 - twice,
                        Math.fma(d1, 4, Math.fma(d3, -5, d5)));
            }
        }
    }

    static void outputLine(
            Winograd algorithm, float[] x, int at, int step, float[] y, int to, int toStep) {
        float m0 = x[at];
        float m1 = x[at + step];
        float m2 = x[at + 2 * step];
        switch (algorithm) {
            case WHOLE_2X2 -> put(y, to, toStep, m0 + m1, m2 - m0);
            case F2 -> put(y, to, toStep, m0 + (m1 + m2), m1 - m2 + x[at + 3 * step]);
            case F3 -> {
                float m3 = x[at + 3 * step];
                float sum = m1 + m2;
                put(
                        y,
                        to,
                        toStep,
                        m0 + sum + m3,
                        Math.fma(m3, 2, m1 - m2),
                        Math.fma(m3, 4, sum) + x[at + 4 * step]);
            }
            case F4 -> {
                float m3 = x[at + 3 * step];
                float m4 = x[at + 4 * step];
                float sum = m1 + m2;
                float difference = m1 - m2;
                float sum2 = m3 + m4;
                float difference2 = m3 - m4;
                put(
                        y,
                        to,
                        toStep,
                        m0 + sum + sum2,
                        Math.fma(difference2, 2, difference),
                        Math.fma(sum2, 4, sum),
                        Math.fma(difference2, 8, difference) + x[at + 5 * step]);
            }
        }
    }

    static void put(float[] y, int to, int step, float... values) {
        for (int i = 0; i < values.length; i++) {
            y[to + i * step] = values[i];
        }
    }
}
