package org.repvgg.kernel;

import org.repvgg.kernel.Winograd.Map;
import org.repvgg.kernel.Winograd.Window;

/// [BilinearKernels] channel by channel, with the vector twin's sums.
final class ScalarBilinearKernels implements BilinearKernels {
    private static final int EDGE = 6 * 6;

    @Override
    public int scratch() {
        return EDGE + 6;
    }

    @Override
    public void gather(
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
            float[] scratch) {
        check(algorithm, map, Map.INPUT, Map.OUTPUT_GRADIENT);
        int from = algorithm.from(map);
        int to = algorithm.to(map);
        for (int c = 0; c < channels; c++) {
            for (int s = 0; s < from; s++) {
                for (int r = 0; r < from; r++) {
                    boolean inside =
                            r >= window.top()
                                    && r < window.bottom()
                                    && s >= window.left()
                                    && s < window.right();
                    scratch[EDGE + r] = inside ? x[xAt + r * row + s * column + c] : 0;
                }
                line(algorithm, map, scratch, EDGE, 1, scratch, s, from);
            }
            for (int i = 0; i < to; i++) {
                int at = vAt + i * to * position + c;
                line(algorithm, map, scratch, i * from, 1, v, at, position);
            }
        }
    }

    @Override
    public void scatter(
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
            float[] scratch) {
        check(algorithm, map, Map.OUTPUT, Map.INPUT_GRADIENT);
        int from = algorithm.from(map);
        for (int c = 0; c < channels; c++) {
            for (int j = 0; j < from; j++) {
                line(algorithm, map, m, mAt + j * position + c, from * position, scratch, j, from);
            }
            for (int r = window.top(); r < window.bottom(); r++) {
                line(algorithm, map, scratch, r * from, 1, scratch, r * from, 1);
                for (int s = window.left(); s < window.right(); s++) {
                    int to = xAt + r * row + s * column + c;
                    x[to] = add ? x[to] + scratch[r * from + s] : scratch[r * from + s];
                }
            }
        }
    }

    @Override
    public void weights(
            Winograd algorithm,
            Map map,
            float[] x,
            int xAt,
            float[] y,
            int yAt,
            int step,
            int channels,
            float[] scratch) {
        check(algorithm, map, Map.WEIGHT, Map.WEIGHT_GRADIENT);
        int from = algorithm.from(map);
        int to = algorithm.to(map);
        for (int c = 0; c < channels; c++) {
            for (int s = 0; s < from; s++) {
                line(algorithm, map, x, xAt + s * step + c, from * step, scratch, s, from);
            }
            for (int i = 0; i < to; i++) {
                line(algorithm, map, scratch, i * from, 1, y, yAt + i * to * step + c, step);
            }
        }
    }

    private static void line(
            Winograd algorithm,
            Map map,
            float[] x,
            int at,
            int step,
            float[] y,
            int to,
            int toStep) {
        switch (map) {
            case INPUT -> ScalarTransformKernels.inputLine(algorithm, x, at, step, y, to, toStep);
            case OUTPUT -> ScalarTransformKernels.outputLine(algorithm, x, at, step, y, to, toStep);
            default -> {
                float[] values = new float[algorithm.from(map)];
                for (int i = 0; i < values.length; i++) {
                    values[i] = x[at + i * step];
                }
                float[] mapped = algorithm == Winograd.F4 ? four(map, values) : whole(map, values);
                ScalarTransformKernels.put(y, to, toStep, mapped);
            }
        }
    }

    private static float[] whole(Map map, float[] x) {
        return switch (map) {
            case WEIGHT -> new float[] {x[1], x[1] + x[2], x[0] + x[1]};
            case WEIGHT_GRADIENT -> new float[] {x[2], x[0] + x[1] + x[2], x[1]};
            case INPUT_GRADIENT -> new float[] {x[0] + x[2], x[1] - x[0]};
            case OUTPUT_GRADIENT -> new float[] {x[0] - x[1], x[0], x[1]};
            case INPUT, OUTPUT -> throw new AssertionError(map);
        };
    }

    private static float[] four(Map map, float[] x) {
        return switch (map) {
            case WEIGHT -> {
                float even = x[0] + x[2];
                float outer = Math.fma(x[2], 4, x[0]) * (1 / 24f);
                float inner = x[1] * (1 / 12f);
                yield new float[] {
                    x[0] * (1 / 4f),
                    (even + x[1]) * (-1 / 6f),
                    (even - x[1]) * (-1 / 6f),
                    outer + inner,
                    outer - inner,
                    x[2]
                };
            }
            case WEIGHT_GRADIENT -> {
                float sum = (x[1] + x[2]) * (-1 / 6f);
                float sum2 = x[3] + x[4];
                yield new float[] {
                    Math.fma(x[0], 1 / 4f, sum) + sum2 * (1 / 24f),
                    Math.fma(x[2] - x[1], 1 / 6f, (x[3] - x[4]) * (1 / 12f)),
                    Math.fma(sum2, 1 / 6f, sum) + x[5]
                };
            }
            case INPUT_GRADIENT -> {
                float difference = x[1] - x[2];
                float twice = (x[3] - x[4]) + (x[3] - x[4]);
                float sum = x[1] + x[2];
                float sum2 = x[3] + x[4];
                yield new float[] {
                    x[0] * 4,
                    Math.fma(x[5] - difference, 4, -twice),
                    Math.fma(x[0], -5, Math.fma(sum, -4, -sum2)),
                    Math.fma(x[5], -5, difference + twice),
                    x[0] + sum + sum2,
                    x[5]
                };
            }
            case OUTPUT_GRADIENT -> {
                float even = x[0] + x[2];
                float odd = x[1] + x[3];
                float even2 = Math.fma(x[2], 4, x[0]);
                float odd2 = Math.fma(x[3], 4, x[1]) + Math.fma(x[3], 4, x[1]);
                yield new float[] {x[0], even + odd, even - odd, even2 + odd2, even2 - odd2, x[3]};
            }
            case INPUT, OUTPUT -> throw new AssertionError(map);
        };
    }
}
