package org.repvgg.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.repvgg.kernel.ConvPlan.Region;
import org.repvgg.kernel.PackedConv.Block;

/// Register tiles three vectors wide, for machines with 32 vector registers.
///
/// Every accumulator is a local with a name: C2 keeps those in registers, but not the elements of
/// an array. More than about 24 of them spill. The loops count in `int` and every index is affine
/// in the counter, so range checks move out. No vector is handed to another method: where C2 does
/// not inline the call, it boxes all accumulators (a fifth of the speed).
final class ThreeVectorTiles {
    private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
    private static final int LANES = SPECIES.length();
    private static final int WIDTH = 3 * LANES;

    private ThreeVectorTiles() {}

    /// Seven pixels from `pixel` on: 21 accumulators. Pixel `p` goes to `y[yAt[yPixel + p] +
    /// channel]`.
    static void tile7(
            ConvTask task,
            Block block,
            Region region,
            int pixel,
            float[] y,
            int[] yAt,
            int yPixel,
            int channel) {
        float[] x = task.x;
        float[] w = task.weights;
        int[] steps = region.steps().numbers;
        int length = region.length();
        int weightsAt = block.weightsAt();
        int group = block.group() * task.conv().shape().inPerGroup();
        int at0 = task.xAt[pixel] + group;
        int at1 = task.xAt[pixel + 1] + group;
        int at2 = task.xAt[pixel + 2] + group;
        int at3 = task.xAt[pixel + 3] + group;
        int at4 = task.xAt[pixel + 4] + group;
        int at5 = task.xAt[pixel + 5] + group;
        int at6 = task.xAt[pixel + 6] + group;
        // Every sum starts at its bias.
        FloatVector a0 = FloatVector.fromArray(SPECIES, task.bias, block.biasAt());
        FloatVector b0 = FloatVector.fromArray(SPECIES, task.bias, block.biasAt() + LANES);
        FloatVector c0 = FloatVector.fromArray(SPECIES, task.bias, block.biasAt() + 2 * LANES);
        FloatVector a1 = a0;
        FloatVector b1 = b0;
        FloatVector c1 = c0;
        FloatVector a2 = a0;
        FloatVector b2 = b0;
        FloatVector c2 = c0;
        FloatVector a3 = a0;
        FloatVector b3 = b0;
        FloatVector c3 = c0;
        FloatVector a4 = a0;
        FloatVector b4 = b0;
        FloatVector c4 = c0;
        FloatVector a5 = a0;
        FloatVector b5 = b0;
        FloatVector c5 = c0;
        FloatVector a6 = a0;
        FloatVector b6 = b0;
        FloatVector c6 = c0;
        for (int s = 0; s < steps.length; s += 2) {
            int step = steps[s];
            int wAt = weightsAt + steps[s + 1] * WIDTH;
            int x0 = at0 + step;
            int x1 = at1 + step;
            int x2 = at2 + step;
            int x3 = at3 + step;
            int x4 = at4 + step;
            int x5 = at5 + step;
            int x6 = at6 + step;
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH);
                FloatVector w1 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH + LANES);
                FloatVector w2 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH + 2 * LANES);
                FloatVector v0 = FloatVector.broadcast(SPECIES, x[x0 + k]);
                a0 = w0.fma(v0, a0);
                b0 = w1.fma(v0, b0);
                c0 = w2.fma(v0, c0);
                FloatVector v1 = FloatVector.broadcast(SPECIES, x[x1 + k]);
                a1 = w0.fma(v1, a1);
                b1 = w1.fma(v1, b1);
                c1 = w2.fma(v1, c1);
                FloatVector v2 = FloatVector.broadcast(SPECIES, x[x2 + k]);
                a2 = w0.fma(v2, a2);
                b2 = w1.fma(v2, b2);
                c2 = w2.fma(v2, c2);
                FloatVector v3 = FloatVector.broadcast(SPECIES, x[x3 + k]);
                a3 = w0.fma(v3, a3);
                b3 = w1.fma(v3, b3);
                c3 = w2.fma(v3, c3);
                FloatVector v4 = FloatVector.broadcast(SPECIES, x[x4 + k]);
                a4 = w0.fma(v4, a4);
                b4 = w1.fma(v4, b4);
                c4 = w2.fma(v4, c4);
                FloatVector v5 = FloatVector.broadcast(SPECIES, x[x5 + k]);
                a5 = w0.fma(v5, a5);
                b5 = w1.fma(v5, b5);
                c5 = w2.fma(v5, c5);
                FloatVector v6 = FloatVector.broadcast(SPECIES, x[x6 + k]);
                a6 = w0.fma(v6, a6);
                b6 = w1.fma(v6, b6);
                c6 = w2.fma(v6, c6);
            }
        }
        float floor = task.floor;
        int y0 = yAt[yPixel] + channel;
        a0.blend(floor, a0.compare(VectorOperators.LT, floor)).intoArray(y, y0);
        b0.blend(floor, b0.compare(VectorOperators.LT, floor)).intoArray(y, y0 + LANES);
        c0.blend(floor, c0.compare(VectorOperators.LT, floor)).intoArray(y, y0 + 2 * LANES);
        int y1 = yAt[yPixel + 1] + channel;
        a1.blend(floor, a1.compare(VectorOperators.LT, floor)).intoArray(y, y1);
        b1.blend(floor, b1.compare(VectorOperators.LT, floor)).intoArray(y, y1 + LANES);
        c1.blend(floor, c1.compare(VectorOperators.LT, floor)).intoArray(y, y1 + 2 * LANES);
        int y2 = yAt[yPixel + 2] + channel;
        a2.blend(floor, a2.compare(VectorOperators.LT, floor)).intoArray(y, y2);
        b2.blend(floor, b2.compare(VectorOperators.LT, floor)).intoArray(y, y2 + LANES);
        c2.blend(floor, c2.compare(VectorOperators.LT, floor)).intoArray(y, y2 + 2 * LANES);
        int y3 = yAt[yPixel + 3] + channel;
        a3.blend(floor, a3.compare(VectorOperators.LT, floor)).intoArray(y, y3);
        b3.blend(floor, b3.compare(VectorOperators.LT, floor)).intoArray(y, y3 + LANES);
        c3.blend(floor, c3.compare(VectorOperators.LT, floor)).intoArray(y, y3 + 2 * LANES);
        int y4 = yAt[yPixel + 4] + channel;
        a4.blend(floor, a4.compare(VectorOperators.LT, floor)).intoArray(y, y4);
        b4.blend(floor, b4.compare(VectorOperators.LT, floor)).intoArray(y, y4 + LANES);
        c4.blend(floor, c4.compare(VectorOperators.LT, floor)).intoArray(y, y4 + 2 * LANES);
        int y5 = yAt[yPixel + 5] + channel;
        a5.blend(floor, a5.compare(VectorOperators.LT, floor)).intoArray(y, y5);
        b5.blend(floor, b5.compare(VectorOperators.LT, floor)).intoArray(y, y5 + LANES);
        c5.blend(floor, c5.compare(VectorOperators.LT, floor)).intoArray(y, y5 + 2 * LANES);
        int y6 = yAt[yPixel + 6] + channel;
        a6.blend(floor, a6.compare(VectorOperators.LT, floor)).intoArray(y, y6);
        b6.blend(floor, b6.compare(VectorOperators.LT, floor)).intoArray(y, y6 + LANES);
        c6.blend(floor, c6.compare(VectorOperators.LT, floor)).intoArray(y, y6 + 2 * LANES);
    }

    /// Four pixels from `pixel` on: 12 accumulators. Pixel `p` goes to `y[yAt[yPixel + p] +
    /// channel]`.
    static void tile4(
            ConvTask task,
            Block block,
            Region region,
            int pixel,
            float[] y,
            int[] yAt,
            int yPixel,
            int channel) {
        float[] x = task.x;
        float[] w = task.weights;
        int[] steps = region.steps().numbers;
        int length = region.length();
        int weightsAt = block.weightsAt();
        int group = block.group() * task.conv().shape().inPerGroup();
        int at0 = task.xAt[pixel] + group;
        int at1 = task.xAt[pixel + 1] + group;
        int at2 = task.xAt[pixel + 2] + group;
        int at3 = task.xAt[pixel + 3] + group;
        // Every sum starts at its bias.
        FloatVector a0 = FloatVector.fromArray(SPECIES, task.bias, block.biasAt());
        FloatVector b0 = FloatVector.fromArray(SPECIES, task.bias, block.biasAt() + LANES);
        FloatVector c0 = FloatVector.fromArray(SPECIES, task.bias, block.biasAt() + 2 * LANES);
        FloatVector a1 = a0;
        FloatVector b1 = b0;
        FloatVector c1 = c0;
        FloatVector a2 = a0;
        FloatVector b2 = b0;
        FloatVector c2 = c0;
        FloatVector a3 = a0;
        FloatVector b3 = b0;
        FloatVector c3 = c0;
        for (int s = 0; s < steps.length; s += 2) {
            int step = steps[s];
            int wAt = weightsAt + steps[s + 1] * WIDTH;
            int x0 = at0 + step;
            int x1 = at1 + step;
            int x2 = at2 + step;
            int x3 = at3 + step;
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH);
                FloatVector w1 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH + LANES);
                FloatVector w2 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH + 2 * LANES);
                FloatVector v0 = FloatVector.broadcast(SPECIES, x[x0 + k]);
                a0 = w0.fma(v0, a0);
                b0 = w1.fma(v0, b0);
                c0 = w2.fma(v0, c0);
                FloatVector v1 = FloatVector.broadcast(SPECIES, x[x1 + k]);
                a1 = w0.fma(v1, a1);
                b1 = w1.fma(v1, b1);
                c1 = w2.fma(v1, c1);
                FloatVector v2 = FloatVector.broadcast(SPECIES, x[x2 + k]);
                a2 = w0.fma(v2, a2);
                b2 = w1.fma(v2, b2);
                c2 = w2.fma(v2, c2);
                FloatVector v3 = FloatVector.broadcast(SPECIES, x[x3 + k]);
                a3 = w0.fma(v3, a3);
                b3 = w1.fma(v3, b3);
                c3 = w2.fma(v3, c3);
            }
        }
        float floor = task.floor;
        int y0 = yAt[yPixel] + channel;
        a0.blend(floor, a0.compare(VectorOperators.LT, floor)).intoArray(y, y0);
        b0.blend(floor, b0.compare(VectorOperators.LT, floor)).intoArray(y, y0 + LANES);
        c0.blend(floor, c0.compare(VectorOperators.LT, floor)).intoArray(y, y0 + 2 * LANES);
        int y1 = yAt[yPixel + 1] + channel;
        a1.blend(floor, a1.compare(VectorOperators.LT, floor)).intoArray(y, y1);
        b1.blend(floor, b1.compare(VectorOperators.LT, floor)).intoArray(y, y1 + LANES);
        c1.blend(floor, c1.compare(VectorOperators.LT, floor)).intoArray(y, y1 + 2 * LANES);
        int y2 = yAt[yPixel + 2] + channel;
        a2.blend(floor, a2.compare(VectorOperators.LT, floor)).intoArray(y, y2);
        b2.blend(floor, b2.compare(VectorOperators.LT, floor)).intoArray(y, y2 + LANES);
        c2.blend(floor, c2.compare(VectorOperators.LT, floor)).intoArray(y, y2 + 2 * LANES);
        int y3 = yAt[yPixel + 3] + channel;
        a3.blend(floor, a3.compare(VectorOperators.LT, floor)).intoArray(y, y3);
        b3.blend(floor, b3.compare(VectorOperators.LT, floor)).intoArray(y, y3 + LANES);
        c3.blend(floor, c3.compare(VectorOperators.LT, floor)).intoArray(y, y3 + 2 * LANES);
    }

    /// Two pixels from `pixel` on: 6 accumulators. Pixel `p` goes to `y[yAt[yPixel + p] +
    /// channel]`.
    static void tile2(
            ConvTask task,
            Block block,
            Region region,
            int pixel,
            float[] y,
            int[] yAt,
            int yPixel,
            int channel) {
        float[] x = task.x;
        float[] w = task.weights;
        int[] steps = region.steps().numbers;
        int length = region.length();
        int weightsAt = block.weightsAt();
        int group = block.group() * task.conv().shape().inPerGroup();
        int at0 = task.xAt[pixel] + group;
        int at1 = task.xAt[pixel + 1] + group;
        // Every sum starts at its bias.
        FloatVector a0 = FloatVector.fromArray(SPECIES, task.bias, block.biasAt());
        FloatVector b0 = FloatVector.fromArray(SPECIES, task.bias, block.biasAt() + LANES);
        FloatVector c0 = FloatVector.fromArray(SPECIES, task.bias, block.biasAt() + 2 * LANES);
        FloatVector a1 = a0;
        FloatVector b1 = b0;
        FloatVector c1 = c0;
        for (int s = 0; s < steps.length; s += 2) {
            int step = steps[s];
            int wAt = weightsAt + steps[s + 1] * WIDTH;
            int x0 = at0 + step;
            int x1 = at1 + step;
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH);
                FloatVector w1 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH + LANES);
                FloatVector w2 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH + 2 * LANES);
                FloatVector v0 = FloatVector.broadcast(SPECIES, x[x0 + k]);
                a0 = w0.fma(v0, a0);
                b0 = w1.fma(v0, b0);
                c0 = w2.fma(v0, c0);
                FloatVector v1 = FloatVector.broadcast(SPECIES, x[x1 + k]);
                a1 = w0.fma(v1, a1);
                b1 = w1.fma(v1, b1);
                c1 = w2.fma(v1, c1);
            }
        }
        float floor = task.floor;
        int y0 = yAt[yPixel] + channel;
        a0.blend(floor, a0.compare(VectorOperators.LT, floor)).intoArray(y, y0);
        b0.blend(floor, b0.compare(VectorOperators.LT, floor)).intoArray(y, y0 + LANES);
        c0.blend(floor, c0.compare(VectorOperators.LT, floor)).intoArray(y, y0 + 2 * LANES);
        int y1 = yAt[yPixel + 1] + channel;
        a1.blend(floor, a1.compare(VectorOperators.LT, floor)).intoArray(y, y1);
        b1.blend(floor, b1.compare(VectorOperators.LT, floor)).intoArray(y, y1 + LANES);
        c1.blend(floor, c1.compare(VectorOperators.LT, floor)).intoArray(y, y1 + 2 * LANES);
    }

    /// One pixel from `pixel` on: 3 accumulators. Pixel `p` goes to `y[yAt[yPixel + p] + channel]`.
    static void tile1(
            ConvTask task,
            Block block,
            Region region,
            int pixel,
            float[] y,
            int[] yAt,
            int yPixel,
            int channel) {
        float[] x = task.x;
        float[] w = task.weights;
        int[] steps = region.steps().numbers;
        int length = region.length();
        int weightsAt = block.weightsAt();
        int group = block.group() * task.conv().shape().inPerGroup();
        int at0 = task.xAt[pixel] + group;
        // Every sum starts at its bias.
        FloatVector a0 = FloatVector.fromArray(SPECIES, task.bias, block.biasAt());
        FloatVector b0 = FloatVector.fromArray(SPECIES, task.bias, block.biasAt() + LANES);
        FloatVector c0 = FloatVector.fromArray(SPECIES, task.bias, block.biasAt() + 2 * LANES);
        for (int s = 0; s < steps.length; s += 2) {
            int step = steps[s];
            int wAt = weightsAt + steps[s + 1] * WIDTH;
            int x0 = at0 + step;
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH);
                FloatVector w1 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH + LANES);
                FloatVector w2 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH + 2 * LANES);
                FloatVector v0 = FloatVector.broadcast(SPECIES, x[x0 + k]);
                a0 = w0.fma(v0, a0);
                b0 = w1.fma(v0, b0);
                c0 = w2.fma(v0, c0);
            }
        }
        float floor = task.floor;
        int y0 = yAt[yPixel] + channel;
        a0.blend(floor, a0.compare(VectorOperators.LT, floor)).intoArray(y, y0);
        b0.blend(floor, b0.compare(VectorOperators.LT, floor)).intoArray(y, y0 + LANES);
        c0.blend(floor, c0.compare(VectorOperators.LT, floor)).intoArray(y, y0 + 2 * LANES);
    }
}
