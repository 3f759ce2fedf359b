package org.repvgg.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.repvgg.kernel.MatrixKernels.Rows;

/// Register tiles of [MatrixKernels#multiply]. Strides along the sum are constants here, which lets
/// C2 check bounds once before the loop.
final class RowTiles {
    private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
    private static final int LANES = SPECIES.length();
    private static final int WIDTH = 2 * LANES;

    private RowTiles() {}

    private static FloatVector start(Rows c, int at, boolean add) {
        return add ? FloatVector.fromArray(SPECIES, c.values, at) : FloatVector.zero(SPECIES);
    }

    /// Eight rows of `a` by two vectors: 16 accumulators.
    static void tile8x2(
            Rows a,
            int aAt,
            float[] w,
            int bAt,
            int[] segments,
            int from,
            int to,
            int length,
            Rows c,
            int cAt,
            boolean add) {
        float[] x = a.values;
        int row = a.row;
        FloatVector p0 = start(c, cAt, add);
        FloatVector q0 = start(c, cAt + LANES, add);
        FloatVector p1 = start(c, cAt + c.row, add);
        FloatVector q1 = start(c, cAt + c.row + LANES, add);
        FloatVector p2 = start(c, cAt + 2 * c.row, add);
        FloatVector q2 = start(c, cAt + 2 * c.row + LANES, add);
        FloatVector p3 = start(c, cAt + 3 * c.row, add);
        FloatVector q3 = start(c, cAt + 3 * c.row + LANES, add);
        FloatVector p4 = start(c, cAt + 4 * c.row, add);
        FloatVector q4 = start(c, cAt + 4 * c.row + LANES, add);
        FloatVector p5 = start(c, cAt + 5 * c.row, add);
        FloatVector q5 = start(c, cAt + 5 * c.row + LANES, add);
        FloatVector p6 = start(c, cAt + 6 * c.row, add);
        FloatVector q6 = start(c, cAt + 6 * c.row + LANES, add);
        FloatVector p7 = start(c, cAt + 7 * c.row, add);
        FloatVector q7 = start(c, cAt + 7 * c.row + LANES, add);
        for (int s = from; s < to; s += 2) {
            int at0 = aAt + segments[s];
            int at1 = at0 + row;
            int at2 = at1 + row;
            int at3 = at2 + row;
            int at4 = at3 + row;
            int at5 = at4 + row;
            int at6 = at5 + row;
            int at7 = at6 + row;
            int wAt = bAt + segments[s + 1];
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH);
                FloatVector w1 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH + LANES);
                FloatVector x0 = FloatVector.broadcast(SPECIES, x[at0 + k]);
                p0 = w0.fma(x0, p0);
                q0 = w1.fma(x0, q0);
                FloatVector x1 = FloatVector.broadcast(SPECIES, x[at1 + k]);
                p1 = w0.fma(x1, p1);
                q1 = w1.fma(x1, q1);
                FloatVector x2 = FloatVector.broadcast(SPECIES, x[at2 + k]);
                p2 = w0.fma(x2, p2);
                q2 = w1.fma(x2, q2);
                FloatVector x3 = FloatVector.broadcast(SPECIES, x[at3 + k]);
                p3 = w0.fma(x3, p3);
                q3 = w1.fma(x3, q3);
                FloatVector x4 = FloatVector.broadcast(SPECIES, x[at4 + k]);
                p4 = w0.fma(x4, p4);
                q4 = w1.fma(x4, q4);
                FloatVector x5 = FloatVector.broadcast(SPECIES, x[at5 + k]);
                p5 = w0.fma(x5, p5);
                q5 = w1.fma(x5, q5);
                FloatVector x6 = FloatVector.broadcast(SPECIES, x[at6 + k]);
                p6 = w0.fma(x6, p6);
                q6 = w1.fma(x6, q6);
                FloatVector x7 = FloatVector.broadcast(SPECIES, x[at7 + k]);
                p7 = w0.fma(x7, p7);
                q7 = w1.fma(x7, q7);
            }
        }
        float[] y = c.values;
        p0.intoArray(y, cAt);
        q0.intoArray(y, cAt + LANES);
        p1.intoArray(y, cAt + c.row);
        q1.intoArray(y, cAt + c.row + LANES);
        p2.intoArray(y, cAt + 2 * c.row);
        q2.intoArray(y, cAt + 2 * c.row + LANES);
        p3.intoArray(y, cAt + 3 * c.row);
        q3.intoArray(y, cAt + 3 * c.row + LANES);
        p4.intoArray(y, cAt + 4 * c.row);
        q4.intoArray(y, cAt + 4 * c.row + LANES);
        p5.intoArray(y, cAt + 5 * c.row);
        q5.intoArray(y, cAt + 5 * c.row + LANES);
        p6.intoArray(y, cAt + 6 * c.row);
        q6.intoArray(y, cAt + 6 * c.row + LANES);
        p7.intoArray(y, cAt + 7 * c.row);
        q7.intoArray(y, cAt + 7 * c.row + LANES);
    }

    /// Four rows of `a` by two vectors: eight accumulators.
    static void tile4x2(
            Rows a,
            int aAt,
            float[] w,
            int bAt,
            int[] segments,
            int from,
            int to,
            int length,
            Rows c,
            int cAt,
            boolean add) {
        float[] x = a.values;
        int row = a.row;
        FloatVector p0 = start(c, cAt, add);
        FloatVector q0 = start(c, cAt + LANES, add);
        FloatVector p1 = start(c, cAt + c.row, add);
        FloatVector q1 = start(c, cAt + c.row + LANES, add);
        FloatVector p2 = start(c, cAt + 2 * c.row, add);
        FloatVector q2 = start(c, cAt + 2 * c.row + LANES, add);
        FloatVector p3 = start(c, cAt + 3 * c.row, add);
        FloatVector q3 = start(c, cAt + 3 * c.row + LANES, add);
        for (int s = from; s < to; s += 2) {
            int at0 = aAt + segments[s];
            int at1 = at0 + row;
            int at2 = at1 + row;
            int at3 = at2 + row;
            int wAt = bAt + segments[s + 1];
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH);
                FloatVector w1 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH + LANES);
                FloatVector x0 = FloatVector.broadcast(SPECIES, x[at0 + k]);
                p0 = w0.fma(x0, p0);
                q0 = w1.fma(x0, q0);
                FloatVector x1 = FloatVector.broadcast(SPECIES, x[at1 + k]);
                p1 = w0.fma(x1, p1);
                q1 = w1.fma(x1, q1);
                FloatVector x2 = FloatVector.broadcast(SPECIES, x[at2 + k]);
                p2 = w0.fma(x2, p2);
                q2 = w1.fma(x2, q2);
                FloatVector x3 = FloatVector.broadcast(SPECIES, x[at3 + k]);
                p3 = w0.fma(x3, p3);
                q3 = w1.fma(x3, q3);
            }
        }
        float[] y = c.values;
        p0.intoArray(y, cAt);
        q0.intoArray(y, cAt + LANES);
        p1.intoArray(y, cAt + c.row);
        q1.intoArray(y, cAt + c.row + LANES);
        p2.intoArray(y, cAt + 2 * c.row);
        q2.intoArray(y, cAt + 2 * c.row + LANES);
        p3.intoArray(y, cAt + 3 * c.row);
        q3.intoArray(y, cAt + 3 * c.row + LANES);
    }

    /// One that is left over, by two vectors.
    static void tile1x2(
            Rows a,
            int aAt,
            float[] w,
            int bAt,
            int[] segments,
            int from,
            int to,
            int length,
            Rows c,
            int cAt,
            boolean add) {
        float[] x = a.values;
        FloatVector p0 = start(c, cAt, add);
        FloatVector q0 = start(c, cAt + LANES, add);
        for (int s = from; s < to; s += 2) {
            int at0 = aAt + segments[s];
            int wAt = bAt + segments[s + 1];
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH);
                FloatVector w1 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH + LANES);
                FloatVector x0 = FloatVector.broadcast(SPECIES, x[at0 + k]);
                p0 = w0.fma(x0, p0);
                q0 = w1.fma(x0, q0);
            }
        }
        float[] y = c.values;
        p0.intoArray(y, cAt);
        q0.intoArray(y, cAt + LANES);
    }

    /// Sixteen rows of `a` by one vector: 16 accumulators.
    static void tile16x1(
            Rows a,
            int aAt,
            float[] w,
            int bAt,
            int[] segments,
            int from,
            int to,
            int length,
            Rows c,
            int cAt,
            boolean add) {
        float[] x = a.values;
        int row = a.row;
        FloatVector p0 = start(c, cAt, add);
        FloatVector p1 = start(c, cAt + c.row, add);
        FloatVector p2 = start(c, cAt + 2 * c.row, add);
        FloatVector p3 = start(c, cAt + 3 * c.row, add);
        FloatVector p4 = start(c, cAt + 4 * c.row, add);
        FloatVector p5 = start(c, cAt + 5 * c.row, add);
        FloatVector p6 = start(c, cAt + 6 * c.row, add);
        FloatVector p7 = start(c, cAt + 7 * c.row, add);
        FloatVector p8 = start(c, cAt + 8 * c.row, add);
        FloatVector p9 = start(c, cAt + 9 * c.row, add);
        FloatVector p10 = start(c, cAt + 10 * c.row, add);
        FloatVector p11 = start(c, cAt + 11 * c.row, add);
        FloatVector p12 = start(c, cAt + 12 * c.row, add);
        FloatVector p13 = start(c, cAt + 13 * c.row, add);
        FloatVector p14 = start(c, cAt + 14 * c.row, add);
        FloatVector p15 = start(c, cAt + 15 * c.row, add);
        for (int s = from; s < to; s += 2) {
            int at0 = aAt + segments[s];
            int at1 = at0 + row;
            int at2 = at1 + row;
            int at3 = at2 + row;
            int at4 = at3 + row;
            int at5 = at4 + row;
            int at6 = at5 + row;
            int at7 = at6 + row;
            int at8 = at7 + row;
            int at9 = at8 + row;
            int at10 = at9 + row;
            int at11 = at10 + row;
            int at12 = at11 + row;
            int at13 = at12 + row;
            int at14 = at13 + row;
            int at15 = at14 + row;
            int wAt = bAt + segments[s + 1];
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH);
                FloatVector x0 = FloatVector.broadcast(SPECIES, x[at0 + k]);
                p0 = w0.fma(x0, p0);
                FloatVector x1 = FloatVector.broadcast(SPECIES, x[at1 + k]);
                p1 = w0.fma(x1, p1);
                FloatVector x2 = FloatVector.broadcast(SPECIES, x[at2 + k]);
                p2 = w0.fma(x2, p2);
                FloatVector x3 = FloatVector.broadcast(SPECIES, x[at3 + k]);
                p3 = w0.fma(x3, p3);
                FloatVector x4 = FloatVector.broadcast(SPECIES, x[at4 + k]);
                p4 = w0.fma(x4, p4);
                FloatVector x5 = FloatVector.broadcast(SPECIES, x[at5 + k]);
                p5 = w0.fma(x5, p5);
                FloatVector x6 = FloatVector.broadcast(SPECIES, x[at6 + k]);
                p6 = w0.fma(x6, p6);
                FloatVector x7 = FloatVector.broadcast(SPECIES, x[at7 + k]);
                p7 = w0.fma(x7, p7);
                FloatVector x8 = FloatVector.broadcast(SPECIES, x[at8 + k]);
                p8 = w0.fma(x8, p8);
                FloatVector x9 = FloatVector.broadcast(SPECIES, x[at9 + k]);
                p9 = w0.fma(x9, p9);
                FloatVector x10 = FloatVector.broadcast(SPECIES, x[at10 + k]);
                p10 = w0.fma(x10, p10);
                FloatVector x11 = FloatVector.broadcast(SPECIES, x[at11 + k]);
                p11 = w0.fma(x11, p11);
                FloatVector x12 = FloatVector.broadcast(SPECIES, x[at12 + k]);
                p12 = w0.fma(x12, p12);
                FloatVector x13 = FloatVector.broadcast(SPECIES, x[at13 + k]);
                p13 = w0.fma(x13, p13);
                FloatVector x14 = FloatVector.broadcast(SPECIES, x[at14 + k]);
                p14 = w0.fma(x14, p14);
                FloatVector x15 = FloatVector.broadcast(SPECIES, x[at15 + k]);
                p15 = w0.fma(x15, p15);
            }
        }
        float[] y = c.values;
        p0.intoArray(y, cAt);
        p1.intoArray(y, cAt + c.row);
        p2.intoArray(y, cAt + 2 * c.row);
        p3.intoArray(y, cAt + 3 * c.row);
        p4.intoArray(y, cAt + 4 * c.row);
        p5.intoArray(y, cAt + 5 * c.row);
        p6.intoArray(y, cAt + 6 * c.row);
        p7.intoArray(y, cAt + 7 * c.row);
        p8.intoArray(y, cAt + 8 * c.row);
        p9.intoArray(y, cAt + 9 * c.row);
        p10.intoArray(y, cAt + 10 * c.row);
        p11.intoArray(y, cAt + 11 * c.row);
        p12.intoArray(y, cAt + 12 * c.row);
        p13.intoArray(y, cAt + 13 * c.row);
        p14.intoArray(y, cAt + 14 * c.row);
        p15.intoArray(y, cAt + 15 * c.row);
    }

    /// Eight rows of `a` by one vector: eight accumulators.
    static void tile8x1(
            Rows a,
            int aAt,
            float[] w,
            int bAt,
            int[] segments,
            int from,
            int to,
            int length,
            Rows c,
            int cAt,
            boolean add) {
        float[] x = a.values;
        int row = a.row;
        FloatVector p0 = start(c, cAt, add);
        FloatVector p1 = start(c, cAt + c.row, add);
        FloatVector p2 = start(c, cAt + 2 * c.row, add);
        FloatVector p3 = start(c, cAt + 3 * c.row, add);
        FloatVector p4 = start(c, cAt + 4 * c.row, add);
        FloatVector p5 = start(c, cAt + 5 * c.row, add);
        FloatVector p6 = start(c, cAt + 6 * c.row, add);
        FloatVector p7 = start(c, cAt + 7 * c.row, add);
        for (int s = from; s < to; s += 2) {
            int at0 = aAt + segments[s];
            int at1 = at0 + row;
            int at2 = at1 + row;
            int at3 = at2 + row;
            int at4 = at3 + row;
            int at5 = at4 + row;
            int at6 = at5 + row;
            int at7 = at6 + row;
            int wAt = bAt + segments[s + 1];
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH);
                FloatVector x0 = FloatVector.broadcast(SPECIES, x[at0 + k]);
                p0 = w0.fma(x0, p0);
                FloatVector x1 = FloatVector.broadcast(SPECIES, x[at1 + k]);
                p1 = w0.fma(x1, p1);
                FloatVector x2 = FloatVector.broadcast(SPECIES, x[at2 + k]);
                p2 = w0.fma(x2, p2);
                FloatVector x3 = FloatVector.broadcast(SPECIES, x[at3 + k]);
                p3 = w0.fma(x3, p3);
                FloatVector x4 = FloatVector.broadcast(SPECIES, x[at4 + k]);
                p4 = w0.fma(x4, p4);
                FloatVector x5 = FloatVector.broadcast(SPECIES, x[at5 + k]);
                p5 = w0.fma(x5, p5);
                FloatVector x6 = FloatVector.broadcast(SPECIES, x[at6 + k]);
                p6 = w0.fma(x6, p6);
                FloatVector x7 = FloatVector.broadcast(SPECIES, x[at7 + k]);
                p7 = w0.fma(x7, p7);
            }
        }
        float[] y = c.values;
        p0.intoArray(y, cAt);
        p1.intoArray(y, cAt + c.row);
        p2.intoArray(y, cAt + 2 * c.row);
        p3.intoArray(y, cAt + 3 * c.row);
        p4.intoArray(y, cAt + 4 * c.row);
        p5.intoArray(y, cAt + 5 * c.row);
        p6.intoArray(y, cAt + 6 * c.row);
        p7.intoArray(y, cAt + 7 * c.row);
    }

    /// One that is left over, by one vector.
    static void tile1x1(
            Rows a,
            int aAt,
            float[] w,
            int bAt,
            int[] segments,
            int from,
            int to,
            int length,
            Rows c,
            int cAt,
            boolean add) {
        float[] x = a.values;
        FloatVector p0 = start(c, cAt, add);
        for (int s = from; s < to; s += 2) {
            int at0 = aAt + segments[s];
            int wAt = bAt + segments[s + 1];
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH);
                FloatVector x0 = FloatVector.broadcast(SPECIES, x[at0 + k]);
                p0 = w0.fma(x0, p0);
            }
        }
        float[] y = c.values;
        p0.intoArray(y, cAt);
    }
}
