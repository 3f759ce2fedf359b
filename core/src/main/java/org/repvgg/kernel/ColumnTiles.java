package org.repvgg.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.repvgg.kernel.MatrixKernels.Rows;

/// Register tiles of [MatrixKernels#multiplyTransposed]: the elements of `a` that are broadcast lie
/// side by side.
final class ColumnTiles {
    private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
    private static final int LANES = SPECIES.length();

    private ColumnTiles() {}

    private static FloatVector start(Rows c, int at, boolean add) {
        return add ? FloatVector.fromArray(SPECIES, c.values, at) : FloatVector.zero(SPECIES);
    }

    /// Eight columns of `a` by two vectors: 16 accumulators.
    static void tile8x2(
            Rows a,
            int aAt,
            Rows b,
            int bAt,
            int[] segments,
            int from,
            int to,
            int length,
            Rows c,
            int cAt,
            boolean add) {
        float[] x = a.values;
        float[] w = b.values;
        int row = a.row;
        int advance = b.row;
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
            int at = aAt + segments[s];
            int wAt = bAt + segments[s + 1];
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt);
                FloatVector w1 = FloatVector.fromArray(SPECIES, w, wAt + LANES);
                FloatVector x0 = FloatVector.broadcast(SPECIES, x[at]);
                p0 = w0.fma(x0, p0);
                q0 = w1.fma(x0, q0);
                FloatVector x1 = FloatVector.broadcast(SPECIES, x[at + 1]);
                p1 = w0.fma(x1, p1);
                q1 = w1.fma(x1, q1);
                FloatVector x2 = FloatVector.broadcast(SPECIES, x[at + 2]);
                p2 = w0.fma(x2, p2);
                q2 = w1.fma(x2, q2);
                FloatVector x3 = FloatVector.broadcast(SPECIES, x[at + 3]);
                p3 = w0.fma(x3, p3);
                q3 = w1.fma(x3, q3);
                FloatVector x4 = FloatVector.broadcast(SPECIES, x[at + 4]);
                p4 = w0.fma(x4, p4);
                q4 = w1.fma(x4, q4);
                FloatVector x5 = FloatVector.broadcast(SPECIES, x[at + 5]);
                p5 = w0.fma(x5, p5);
                q5 = w1.fma(x5, q5);
                FloatVector x6 = FloatVector.broadcast(SPECIES, x[at + 6]);
                p6 = w0.fma(x6, p6);
                q6 = w1.fma(x6, q6);
                FloatVector x7 = FloatVector.broadcast(SPECIES, x[at + 7]);
                p7 = w0.fma(x7, p7);
                q7 = w1.fma(x7, q7);
                at += row;
                wAt += advance;
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

    /// Four columns of `a` by two vectors: eight accumulators.
    static void tile4x2(
            Rows a,
            int aAt,
            Rows b,
            int bAt,
            int[] segments,
            int from,
            int to,
            int length,
            Rows c,
            int cAt,
            boolean add) {
        float[] x = a.values;
        float[] w = b.values;
        int row = a.row;
        int advance = b.row;
        FloatVector p0 = start(c, cAt, add);
        FloatVector q0 = start(c, cAt + LANES, add);
        FloatVector p1 = start(c, cAt + c.row, add);
        FloatVector q1 = start(c, cAt + c.row + LANES, add);
        FloatVector p2 = start(c, cAt + 2 * c.row, add);
        FloatVector q2 = start(c, cAt + 2 * c.row + LANES, add);
        FloatVector p3 = start(c, cAt + 3 * c.row, add);
        FloatVector q3 = start(c, cAt + 3 * c.row + LANES, add);
        for (int s = from; s < to; s += 2) {
            int at = aAt + segments[s];
            int wAt = bAt + segments[s + 1];
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt);
                FloatVector w1 = FloatVector.fromArray(SPECIES, w, wAt + LANES);
                FloatVector x0 = FloatVector.broadcast(SPECIES, x[at]);
                p0 = w0.fma(x0, p0);
                q0 = w1.fma(x0, q0);
                FloatVector x1 = FloatVector.broadcast(SPECIES, x[at + 1]);
                p1 = w0.fma(x1, p1);
                q1 = w1.fma(x1, q1);
                FloatVector x2 = FloatVector.broadcast(SPECIES, x[at + 2]);
                p2 = w0.fma(x2, p2);
                q2 = w1.fma(x2, q2);
                FloatVector x3 = FloatVector.broadcast(SPECIES, x[at + 3]);
                p3 = w0.fma(x3, p3);
                q3 = w1.fma(x3, q3);
                at += row;
                wAt += advance;
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
            Rows b,
            int bAt,
            int[] segments,
            int from,
            int to,
            int length,
            Rows c,
            int cAt,
            boolean add) {
        float[] x = a.values;
        float[] w = b.values;
        int row = a.row;
        int advance = b.row;
        FloatVector p0 = start(c, cAt, add);
        FloatVector q0 = start(c, cAt + LANES, add);
        for (int s = from; s < to; s += 2) {
            int at = aAt + segments[s];
            int wAt = bAt + segments[s + 1];
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt);
                FloatVector w1 = FloatVector.fromArray(SPECIES, w, wAt + LANES);
                FloatVector x0 = FloatVector.broadcast(SPECIES, x[at]);
                p0 = w0.fma(x0, p0);
                q0 = w1.fma(x0, q0);
                at += row;
                wAt += advance;
            }
        }
        float[] y = c.values;
        p0.intoArray(y, cAt);
        q0.intoArray(y, cAt + LANES);
    }

    /// Sixteen columns of `a` by one vector: 16 accumulators.
    static void tile16x1(
            Rows a,
            int aAt,
            Rows b,
            int bAt,
            int[] segments,
            int from,
            int to,
            int length,
            Rows c,
            int cAt,
            boolean add) {
        float[] x = a.values;
        float[] w = b.values;
        int row = a.row;
        int advance = b.row;
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
            int at = aAt + segments[s];
            int wAt = bAt + segments[s + 1];
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt);
                FloatVector x0 = FloatVector.broadcast(SPECIES, x[at]);
                p0 = w0.fma(x0, p0);
                FloatVector x1 = FloatVector.broadcast(SPECIES, x[at + 1]);
                p1 = w0.fma(x1, p1);
                FloatVector x2 = FloatVector.broadcast(SPECIES, x[at + 2]);
                p2 = w0.fma(x2, p2);
                FloatVector x3 = FloatVector.broadcast(SPECIES, x[at + 3]);
                p3 = w0.fma(x3, p3);
                FloatVector x4 = FloatVector.broadcast(SPECIES, x[at + 4]);
                p4 = w0.fma(x4, p4);
                FloatVector x5 = FloatVector.broadcast(SPECIES, x[at + 5]);
                p5 = w0.fma(x5, p5);
                FloatVector x6 = FloatVector.broadcast(SPECIES, x[at + 6]);
                p6 = w0.fma(x6, p6);
                FloatVector x7 = FloatVector.broadcast(SPECIES, x[at + 7]);
                p7 = w0.fma(x7, p7);
                FloatVector x8 = FloatVector.broadcast(SPECIES, x[at + 8]);
                p8 = w0.fma(x8, p8);
                FloatVector x9 = FloatVector.broadcast(SPECIES, x[at + 9]);
                p9 = w0.fma(x9, p9);
                FloatVector x10 = FloatVector.broadcast(SPECIES, x[at + 10]);
                p10 = w0.fma(x10, p10);
                FloatVector x11 = FloatVector.broadcast(SPECIES, x[at + 11]);
                p11 = w0.fma(x11, p11);
                FloatVector x12 = FloatVector.broadcast(SPECIES, x[at + 12]);
                p12 = w0.fma(x12, p12);
                FloatVector x13 = FloatVector.broadcast(SPECIES, x[at + 13]);
                p13 = w0.fma(x13, p13);
                FloatVector x14 = FloatVector.broadcast(SPECIES, x[at + 14]);
                p14 = w0.fma(x14, p14);
                FloatVector x15 = FloatVector.broadcast(SPECIES, x[at + 15]);
                p15 = w0.fma(x15, p15);
                at += row;
                wAt += advance;
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

    /// Eight columns of `a` by one vector: eight accumulators.
    static void tile8x1(
            Rows a,
            int aAt,
            Rows b,
            int bAt,
            int[] segments,
            int from,
            int to,
            int length,
            Rows c,
            int cAt,
            boolean add) {
        float[] x = a.values;
        float[] w = b.values;
        int row = a.row;
        int advance = b.row;
        FloatVector p0 = start(c, cAt, add);
        FloatVector p1 = start(c, cAt + c.row, add);
        FloatVector p2 = start(c, cAt + 2 * c.row, add);
        FloatVector p3 = start(c, cAt + 3 * c.row, add);
        FloatVector p4 = start(c, cAt + 4 * c.row, add);
        FloatVector p5 = start(c, cAt + 5 * c.row, add);
        FloatVector p6 = start(c, cAt + 6 * c.row, add);
        FloatVector p7 = start(c, cAt + 7 * c.row, add);
        for (int s = from; s < to; s += 2) {
            int at = aAt + segments[s];
            int wAt = bAt + segments[s + 1];
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt);
                FloatVector x0 = FloatVector.broadcast(SPECIES, x[at]);
                p0 = w0.fma(x0, p0);
                FloatVector x1 = FloatVector.broadcast(SPECIES, x[at + 1]);
                p1 = w0.fma(x1, p1);
                FloatVector x2 = FloatVector.broadcast(SPECIES, x[at + 2]);
                p2 = w0.fma(x2, p2);
                FloatVector x3 = FloatVector.broadcast(SPECIES, x[at + 3]);
                p3 = w0.fma(x3, p3);
                FloatVector x4 = FloatVector.broadcast(SPECIES, x[at + 4]);
                p4 = w0.fma(x4, p4);
                FloatVector x5 = FloatVector.broadcast(SPECIES, x[at + 5]);
                p5 = w0.fma(x5, p5);
                FloatVector x6 = FloatVector.broadcast(SPECIES, x[at + 6]);
                p6 = w0.fma(x6, p6);
                FloatVector x7 = FloatVector.broadcast(SPECIES, x[at + 7]);
                p7 = w0.fma(x7, p7);
                at += row;
                wAt += advance;
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
            Rows b,
            int bAt,
            int[] segments,
            int from,
            int to,
            int length,
            Rows c,
            int cAt,
            boolean add) {
        float[] x = a.values;
        float[] w = b.values;
        int row = a.row;
        int advance = b.row;
        FloatVector p0 = start(c, cAt, add);
        for (int s = from; s < to; s += 2) {
            int at = aAt + segments[s];
            int wAt = bAt + segments[s + 1];
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt);
                FloatVector x0 = FloatVector.broadcast(SPECIES, x[at]);
                p0 = w0.fma(x0, p0);
                at += row;
                wAt += advance;
            }
        }
        float[] y = c.values;
        p0.intoArray(y, cAt);
    }
}
