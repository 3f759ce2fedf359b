package org.repvgg.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.repvgg.kernel.Winograd.Map;
import org.repvgg.kernel.Winograd.Window;

/// [BilinearKernels] with channels across the lanes, line by line as [VectorTransformKernels].
final class VectorBilinearKernels implements BilinearKernels {
    private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
    private static final int LANES = SPECIES.length();

    /// Where the line stands in scratch that a window cuts off, behind a whole tile.
    private static final int EDGE = 6 * 6 * LANES;

    @Override
    public int scratch() {
        return EDGE + 6 * LANES;
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
        for (int c = 0; c < channels; c += LANES) {
            for (int s = 0; s < from; s++) {
                int at = xAt + s * column + c;
                if (s < window.left() || s >= window.right()) {
                    clear(scratch, s * LANES, from * LANES, to);
                } else if (cut) {
                    copy(x, at, row, window, from, scratch);
                    line(algorithm, map, scratch, EDGE, LANES, scratch, s * LANES, from * LANES);
                } else {
                    line(algorithm, map, x, at, row, scratch, s * LANES, from * LANES);
                }
            }
            for (int i = 0; i < to; i++) {
                int at = vAt + i * to * position + c;
                line(algorithm, map, scratch, i * from * LANES, LANES, v, at, position);
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
        for (int c = 0; c < channels; c += LANES) {
            for (int j = 0; j < from; j++) {
                int at = mAt + j * position + c;
                line(algorithm, map, m, at, from * position, scratch, j * LANES, from * LANES);
            }
            for (int r = window.top(); r < window.bottom(); r++) {
                int at = r * from * LANES; // a line takes the place of what it comes from
                line(algorithm, map, scratch, at, LANES, scratch, at, LANES);
                int to = xAt + r * row + c;
                for (int s = window.left(); s < window.right(); s++) {
                    put(scratch, at + s * LANES, x, to + s * column, add);
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
        for (int c = 0; c < channels; c += LANES) {
            for (int s = 0; s < from; s++) {
                int at = xAt + s * step + c;
                line(algorithm, map, x, at, from * step, scratch, s * LANES, from * LANES);
            }
            for (int i = 0; i < to; i++) {
                int at = yAt + i * to * step + c;
                line(algorithm, map, scratch, i * from * LANES, LANES, y, at, step);
            }
        }
    }

    private static void clear(float[] y, int at, int step, int count) {
        for (int i = 0; i < count; i++) {
            FloatVector.zero(SPECIES).intoArray(y, at + i * step);
        }
    }

    private static void copy(float[] x, int at, int row, Window window, int from, float[] scratch) {
        for (int r = 0; r < from; r++) {
            boolean inside = r >= window.top() && r < window.bottom();
            if (inside) {
                FloatVector.fromArray(SPECIES, x, at + r * row)
                        .intoArray(scratch, EDGE + r * LANES);
            } else {
                FloatVector.zero(SPECIES).intoArray(scratch, EDGE + r * LANES);
            }
        }
    }

    private static void put(float[] from, int at, float[] x, int to, boolean add) {
        FloatVector value = FloatVector.fromArray(SPECIES, from, at);
        if (add) {
            FloatVector.fromArray(SPECIES, x, to).add(value).intoArray(x, to);
        } else {
            value.intoArray(x, to);
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
        if (algorithm == Winograd.F4) {
            switch (map) {
                case INPUT -> VectorTransformKernels.input4(x, at, step, y, to, toStep);
                case WEIGHT -> weight4(x, at, step, y, to, toStep);
                case OUTPUT -> VectorTransformKernels.output4(x, at, step, y, to, toStep);
                case INPUT_GRADIENT -> inputGradient4(x, at, step, y, to, toStep);
                case WEIGHT_GRADIENT -> weightGradient4(x, at, step, y, to, toStep);
                case OUTPUT_GRADIENT -> outputGradient4(x, at, step, y, to, toStep);
            }
        } else {
            switch (map) {
                case INPUT -> VectorTransformKernels.inputWhole(x, at, step, y, to, toStep);
                case WEIGHT -> weightWhole(x, at, step, y, to, toStep);
                case OUTPUT -> VectorTransformKernels.outputWhole(x, at, step, y, to, toStep);
                case INPUT_GRADIENT -> inputGradientWhole(x, at, step, y, to, toStep);
                case WEIGHT_GRADIENT -> weightGradientWhole(x, at, step, y, to, toStep);
                case OUTPUT_GRADIENT -> outputGradientWhole(x, at, step, y, to, toStep);
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
