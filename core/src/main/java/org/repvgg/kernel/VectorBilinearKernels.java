package org.repvgg.kernel;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.repvgg.kernel.Winograd.Map;
import org.repvgg.kernel.Winograd.Window;

/// [BilinearKernels] with channels across the lanes, line by line as [VectorTransformKernels], and
/// each line for some vectors of channels at once: a call for every vector takes longer than what
/// it computes.
final class VectorBilinearKernels implements BilinearKernels {
    private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
    private static final int LANES = SPECIES.length();

    /// Channels of a block: a tile of them stays in the first-level cache.
    private static final int BLOCK = 8 * LANES;

    /// Where the line stands in scratch that a window cuts off, behind a whole tile.
    private static final int EDGE = 6 * 6 * BLOCK;

    @Override
    public int scratch() {
        return EDGE + 6 * BLOCK;
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
        boolean cut = window.top() > 0 || window.bottom() < from;
        int apart = from * BLOCK;
        for (int c = 0; c < channels; c += BLOCK) {
            int length = Math.min(BLOCK, channels - c);
            for (int s = 0; s < from; s++) {
                int at = xAt + s * column + c;
                if (s < window.left() || s >= window.right()) {
                    clear(scratch, s * BLOCK, apart, to, length);
                } else if (cut) {
                    copy(x, at, row, window, from, scratch, length);
                    line(algorithm, map, scratch, EDGE, BLOCK, scratch, s * BLOCK, apart, length);
                } else {
                    line(algorithm, map, x, at, row, scratch, s * BLOCK, apart, length);
                }
            }
            for (int i = 0; i < to; i++) {
                int at = vAt + i * to * position + c;
                line(algorithm, map, scratch, i * apart, BLOCK, v, at, position, length);
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
        int apart = from * BLOCK;
        for (int c = 0; c < channels; c += BLOCK) {
            int length = Math.min(BLOCK, channels - c);
            for (int j = 0; j < from; j++) {
                int at = mAt + j * position + c;
                line(algorithm, map, m, at, from * position, scratch, j * BLOCK, apart, length);
            }
            for (int r = window.top(); r < window.bottom(); r++) {
                int at = r * apart; // a line takes the place of what it comes from
                line(algorithm, map, scratch, at, BLOCK, scratch, at, BLOCK, length);
                int to = xAt + r * row + c;
                for (int s = window.left(); s < window.right(); s++) {
                    put(scratch, at + s * BLOCK, x, to + s * column, add, length);
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
        int apart = from * BLOCK;
        for (int c = 0; c < channels; c += BLOCK) {
            int length = Math.min(BLOCK, channels - c);
            for (int s = 0; s < from; s++) {
                int at = xAt + s * step + c;
                line(algorithm, map, x, at, from * step, scratch, s * BLOCK, apart, length);
            }
            for (int i = 0; i < to; i++) {
                int at = yAt + i * to * step + c;
                line(algorithm, map, scratch, i * apart, BLOCK, y, at, step, length);
            }
        }
    }

    private static void clear(float[] y, int at, int step, int count, int length) {
        for (int i = 0; i < count; i++) {
            Arrays.fill(y, at + i * step, at + i * step + length, 0);
        }
    }

    private static void copy(
            float[] x, int at, int row, Window window, int from, float[] scratch, int length) {
        clear(scratch, EDGE, BLOCK, from, length);
        for (int r = window.top(); r < window.bottom(); r++) {
            System.arraycopy(x, at + r * row, scratch, EDGE + r * BLOCK, length);
        }
    }

    private static void put(float[] from, int at, float[] x, int to, boolean add, int length) {
        if (!add) {
            System.arraycopy(from, at, x, to, length);
            return;
        }
        for (int c = 0; c < length; c += LANES) {
            FloatVector.fromArray(SPECIES, x, to + c)
                    .add(FloatVector.fromArray(SPECIES, from, at + c))
                    .intoArray(x, to + c);
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
            int toStep,
            int length) {
        if (algorithm == Winograd.F4) {
            switch (map) {
                case INPUT -> {
                    for (int c = 0; c < length; c += LANES) {
                        VectorTransformKernels.input4(x, at + c, step, y, to + c, toStep);
                    }
                }
                case WEIGHT -> {
                    for (int c = 0; c < length; c += LANES) {
                        weight4(x, at + c, step, y, to + c, toStep);
                    }
                }
                case OUTPUT -> {
                    for (int c = 0; c < length; c += LANES) {
                        VectorTransformKernels.output4(x, at + c, step, y, to + c, toStep);
                    }
                }
                case INPUT_GRADIENT -> {
                    for (int c = 0; c < length; c += LANES) {
                        inputGradient4(x, at + c, step, y, to + c, toStep);
                    }
                }
                case WEIGHT_GRADIENT -> {
                    for (int c = 0; c < length; c += LANES) {
                        weightGradient4(x, at + c, step, y, to + c, toStep);
                    }
                }
                case OUTPUT_GRADIENT -> {
                    for (int c = 0; c < length; c += LANES) {
                        outputGradient4(x, at + c, step, y, to + c, toStep);
                    }
                }
            }
        } else {
            switch (map) {
                case INPUT -> {
                    for (int c = 0; c < length; c += LANES) {
                        VectorTransformKernels.inputWhole(x, at + c, step, y, to + c, toStep);
                    }
                }
                case WEIGHT -> {
                    for (int c = 0; c < length; c += LANES) {
                        weightWhole(x, at + c, step, y, to + c, toStep);
                    }
                }
                case OUTPUT -> {
                    for (int c = 0; c < length; c += LANES) {
                        VectorTransformKernels.outputWhole(x, at + c, step, y, to + c, toStep);
                    }
                }
                case INPUT_GRADIENT -> {
                    for (int c = 0; c < length; c += LANES) {
                        inputGradientWhole(x, at + c, step, y, to + c, toStep);
                    }
                }
                case WEIGHT_GRADIENT -> {
                    for (int c = 0; c < length; c += LANES) {
                        weightGradientWhole(x, at + c, step, y, to + c, toStep);
                    }
                }
                case OUTPUT_GRADIENT -> {
                    for (int c = 0; c < length; c += LANES) {
                        outputGradientWhole(x, at + c, step, y, to + c, toStep);
                    }
                }
            }
        }
    }

    private static void weightWhole(float[] x, int at, int step, float[] y, int to, int toStep) {
        FloatVector g0 = FloatVector.fromArray(SPECIES, x, at);
        FloatVector g1 = FloatVector.fromArray(SPECIES, x, at + step);
        FloatVector g2 = FloatVector.fromArray(SPECIES, x, at + 2 * step);
        g1.intoArray(y, to);
        g1.add(g2).intoArray(y, to + toStep);
        g0.add(g1).intoArray(y, to + 2 * toStep);
    }

    private static void weightGradientWhole(
            float[] x, int at, int step, float[] y, int to, int toStep) {
        FloatVector u0 = FloatVector.fromArray(SPECIES, x, at);
        FloatVector u1 = FloatVector.fromArray(SPECIES, x, at + step);
        FloatVector u2 = FloatVector.fromArray(SPECIES, x, at + 2 * step);
        u2.intoArray(y, to);
        u0.add(u1).add(u2).intoArray(y, to + toStep);
        u1.intoArray(y, to + 2 * toStep);
    }

    private static void inputGradientWhole(
            float[] x, int at, int step, float[] y, int to, int toStep) {
        FloatVector v0 = FloatVector.fromArray(SPECIES, x, at);
        FloatVector v1 = FloatVector.fromArray(SPECIES, x, at + step);
        FloatVector v2 = FloatVector.fromArray(SPECIES, x, at + 2 * step);
        v0.add(v2).intoArray(y, to);
        v1.sub(v0).intoArray(y, to + toStep);
    }

    private static void outputGradientWhole(
            float[] x, int at, int step, float[] y, int to, int toStep) {
        FloatVector y0 = FloatVector.fromArray(SPECIES, x, at);
        FloatVector y1 = FloatVector.fromArray(SPECIES, x, at + step);
        y0.sub(y1).intoArray(y, to);
        y0.intoArray(y, to + toStep);
        y1.intoArray(y, to + 2 * toStep);
    }

    private static void weight4(float[] x, int at, int step, float[] y, int to, int toStep) {
        FloatVector g0 = FloatVector.fromArray(SPECIES, x, at);
        FloatVector g1 = FloatVector.fromArray(SPECIES, x, at + step);
        FloatVector g2 = FloatVector.fromArray(SPECIES, x, at + 2 * step);
        g0.mul(1 / 4f).intoArray(y, to);
        FloatVector even = g0.add(g2);
        even.add(g1).mul(-1 / 6f).intoArray(y, to + toStep);
        even.sub(g1).mul(-1 / 6f).intoArray(y, to + 2 * toStep);
        FloatVector outer = g2.fma(FloatVector.broadcast(SPECIES, 4), g0).mul(1 / 24f);
        FloatVector inner = g1.mul(1 / 12f);
        outer.add(inner).intoArray(y, to + 3 * toStep);
        outer.sub(inner).intoArray(y, to + 4 * toStep);
        g2.intoArray(y, to + 5 * toStep);
    }

    private static void weightGradient4(
            float[] x, int at, int step, float[] y, int to, int toStep) {
        FloatVector u0 = FloatVector.fromArray(SPECIES, x, at);
        FloatVector u1 = FloatVector.fromArray(SPECIES, x, at + step);
        FloatVector u2 = FloatVector.fromArray(SPECIES, x, at + 2 * step);
        FloatVector u3 = FloatVector.fromArray(SPECIES, x, at + 3 * step);
        FloatVector u4 = FloatVector.fromArray(SPECIES, x, at + 4 * step);
        FloatVector u5 = FloatVector.fromArray(SPECIES, x, at + 5 * step);
        FloatVector sum = u1.add(u2).mul(-1 / 6f);
        FloatVector sum2 = u3.add(u4);
        u0.fma(FloatVector.broadcast(SPECIES, 1 / 4f), sum).add(sum2.mul(1 / 24f)).intoArray(y, to);
        u2.sub(u1)
                .fma(FloatVector.broadcast(SPECIES, 1 / 6f), u3.sub(u4).mul(1 / 12f))
                .intoArray(y, to + toStep);
        sum2.fma(FloatVector.broadcast(SPECIES, 1 / 6f), sum).add(u5).intoArray(y, to + 2 * toStep);
    }

    private static void inputGradient4(float[] x, int at, int step, float[] y, int to, int toStep) {
        FloatVector v0 = FloatVector.fromArray(SPECIES, x, at);
        FloatVector v1 = FloatVector.fromArray(SPECIES, x, at + step);
        FloatVector v2 = FloatVector.fromArray(SPECIES, x, at + 2 * step);
        FloatVector v3 = FloatVector.fromArray(SPECIES, x, at + 3 * step);
        FloatVector v4 = FloatVector.fromArray(SPECIES, x, at + 4 * step);
        FloatVector v5 = FloatVector.fromArray(SPECIES, x, at + 5 * step);
        FloatVector four = FloatVector.broadcast(SPECIES, 4);
        v0.mul(4).intoArray(y, to);
        FloatVector difference = v1.sub(v2);
        FloatVector twice = v3.sub(v4);
        twice = twice.add(twice);
        v5.sub(difference).fma(four, twice.neg()).intoArray(y, to + toStep);
        FloatVector sum = v1.add(v2);
        FloatVector sum2 = v3.add(v4);
        FloatVector minusFive = FloatVector.broadcast(SPECIES, -5);
        v0.fma(minusFive, sum.fma(FloatVector.broadcast(SPECIES, -4), sum2.neg()))
                .intoArray(y, to + 2 * toStep);
        v5.fma(minusFive, difference.add(twice)).intoArray(y, to + 3 * toStep);
        v0.add(sum).add(sum2).intoArray(y, to + 4 * toStep);
        v5.intoArray(y, to + 5 * toStep);
    }

    private static void outputGradient4(
            float[] x, int at, int step, float[] y, int to, int toStep) {
        FloatVector y0 = FloatVector.fromArray(SPECIES, x, at);
        FloatVector y1 = FloatVector.fromArray(SPECIES, x, at + step);
        FloatVector y2 = FloatVector.fromArray(SPECIES, x, at + 2 * step);
        FloatVector y3 = FloatVector.fromArray(SPECIES, x, at + 3 * step);
        FloatVector four = FloatVector.broadcast(SPECIES, 4);
        y0.intoArray(y, to);
        FloatVector even = y0.add(y2);
        FloatVector odd = y1.add(y3);
        even.add(odd).intoArray(y, to + toStep);
        even.sub(odd).intoArray(y, to + 2 * toStep);
        FloatVector even2 = y2.fma(four, y0);
        FloatVector odd2 = y3.fma(four, y1);
        odd2 = odd2.add(odd2);
        even2.add(odd2).intoArray(y, to + 3 * toStep);
        even2.sub(odd2).intoArray(y, to + 4 * toStep);
        y3.intoArray(y, to + 5 * toStep);
    }
}
