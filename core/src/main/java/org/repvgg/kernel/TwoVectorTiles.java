package org.repvgg.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.repvgg.kernel.ConvPlan.Region;
import org.repvgg.kernel.PackedConv.Block;

/// Register tiles two vectors wide. Twelve pixels want 32 vector registers, six fit 16; see
/// [ThreeVectorTiles].
final class TwoVectorTiles {
    private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
    private static final int LANES = SPECIES.length();
    private static final int WIDTH = 2 * LANES;

    private TwoVectorTiles() {}

    /// Twelve pixels from `pixel` on: 24 accumulators. Pixel `p` goes to `y[yAt[yPixel + p] +
    /// channel]`.
    static void tile12(
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
        int at7 = task.xAt[pixel + 7] + group;
        int at8 = task.xAt[pixel + 8] + group;
        int at9 = task.xAt[pixel + 9] + group;
        int at10 = task.xAt[pixel + 10] + group;
        int at11 = task.xAt[pixel + 11] + group;
        // Every sum starts at its bias.
        FloatVector a0 = FloatVector.fromArray(SPECIES, task.bias, block.biasAt());
        FloatVector b0 = FloatVector.fromArray(SPECIES, task.bias, block.biasAt() + LANES);
        FloatVector a1 = a0;
        FloatVector b1 = b0;
        FloatVector a2 = a0;
        FloatVector b2 = b0;
        FloatVector a3 = a0;
        FloatVector b3 = b0;
        FloatVector a4 = a0;
        FloatVector b4 = b0;
        FloatVector a5 = a0;
        FloatVector b5 = b0;
        FloatVector a6 = a0;
        FloatVector b6 = b0;
        FloatVector a7 = a0;
        FloatVector b7 = b0;
        FloatVector a8 = a0;
        FloatVector b8 = b0;
        FloatVector a9 = a0;
        FloatVector b9 = b0;
        FloatVector a10 = a0;
        FloatVector b10 = b0;
        FloatVector a11 = a0;
        FloatVector b11 = b0;
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
            int x7 = at7 + step;
            int x8 = at8 + step;
            int x9 = at9 + step;
            int x10 = at10 + step;
            int x11 = at11 + step;
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH);
                FloatVector w1 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH + LANES);
                FloatVector v0 = FloatVector.broadcast(SPECIES, x[x0 + k]);
                a0 = w0.fma(v0, a0);
                b0 = w1.fma(v0, b0);
                FloatVector v1 = FloatVector.broadcast(SPECIES, x[x1 + k]);
                a1 = w0.fma(v1, a1);
                b1 = w1.fma(v1, b1);
                FloatVector v2 = FloatVector.broadcast(SPECIES, x[x2 + k]);
                a2 = w0.fma(v2, a2);
                b2 = w1.fma(v2, b2);
                FloatVector v3 = FloatVector.broadcast(SPECIES, x[x3 + k]);
                a3 = w0.fma(v3, a3);
                b3 = w1.fma(v3, b3);
                FloatVector v4 = FloatVector.broadcast(SPECIES, x[x4 + k]);
                a4 = w0.fma(v4, a4);
                b4 = w1.fma(v4, b4);
                FloatVector v5 = FloatVector.broadcast(SPECIES, x[x5 + k]);
                a5 = w0.fma(v5, a5);
                b5 = w1.fma(v5, b5);
                FloatVector v6 = FloatVector.broadcast(SPECIES, x[x6 + k]);
                a6 = w0.fma(v6, a6);
                b6 = w1.fma(v6, b6);
                FloatVector v7 = FloatVector.broadcast(SPECIES, x[x7 + k]);
                a7 = w0.fma(v7, a7);
                b7 = w1.fma(v7, b7);
                FloatVector v8 = FloatVector.broadcast(SPECIES, x[x8 + k]);
                a8 = w0.fma(v8, a8);
                b8 = w1.fma(v8, b8);
                FloatVector v9 = FloatVector.broadcast(SPECIES, x[x9 + k]);
                a9 = w0.fma(v9, a9);
                b9 = w1.fma(v9, b9);
                FloatVector v10 = FloatVector.broadcast(SPECIES, x[x10 + k]);
                a10 = w0.fma(v10, a10);
                b10 = w1.fma(v10, b10);
                FloatVector v11 = FloatVector.broadcast(SPECIES, x[x11 + k]);
                a11 = w0.fma(v11, a11);
                b11 = w1.fma(v11, b11);
            }
        }
        float floor = task.floor;
        int y0 = yAt[yPixel] + channel;
        a0.blend(floor, a0.compare(VectorOperators.LT, floor)).intoArray(y, y0);
        b0.blend(floor, b0.compare(VectorOperators.LT, floor)).intoArray(y, y0 + LANES);
        int y1 = yAt[yPixel + 1] + channel;
        a1.blend(floor, a1.compare(VectorOperators.LT, floor)).intoArray(y, y1);
        b1.blend(floor, b1.compare(VectorOperators.LT, floor)).intoArray(y, y1 + LANES);
        int y2 = yAt[yPixel + 2] + channel;
        a2.blend(floor, a2.compare(VectorOperators.LT, floor)).intoArray(y, y2);
        b2.blend(floor, b2.compare(VectorOperators.LT, floor)).intoArray(y, y2 + LANES);
        int y3 = yAt[yPixel + 3] + channel;
        a3.blend(floor, a3.compare(VectorOperators.LT, floor)).intoArray(y, y3);
        b3.blend(floor, b3.compare(VectorOperators.LT, floor)).intoArray(y, y3 + LANES);
        int y4 = yAt[yPixel + 4] + channel;
        a4.blend(floor, a4.compare(VectorOperators.LT, floor)).intoArray(y, y4);
        b4.blend(floor, b4.compare(VectorOperators.LT, floor)).intoArray(y, y4 + LANES);
        int y5 = yAt[yPixel + 5] + channel;
        a5.blend(floor, a5.compare(VectorOperators.LT, floor)).intoArray(y, y5);
        b5.blend(floor, b5.compare(VectorOperators.LT, floor)).intoArray(y, y5 + LANES);
        int y6 = yAt[yPixel + 6] + channel;
        a6.blend(floor, a6.compare(VectorOperators.LT, floor)).intoArray(y, y6);
        b6.blend(floor, b6.compare(VectorOperators.LT, floor)).intoArray(y, y6 + LANES);
        int y7 = yAt[yPixel + 7] + channel;
        a7.blend(floor, a7.compare(VectorOperators.LT, floor)).intoArray(y, y7);
        b7.blend(floor, b7.compare(VectorOperators.LT, floor)).intoArray(y, y7 + LANES);
        int y8 = yAt[yPixel + 8] + channel;
        a8.blend(floor, a8.compare(VectorOperators.LT, floor)).intoArray(y, y8);
        b8.blend(floor, b8.compare(VectorOperators.LT, floor)).intoArray(y, y8 + LANES);
        int y9 = yAt[yPixel + 9] + channel;
        a9.blend(floor, a9.compare(VectorOperators.LT, floor)).intoArray(y, y9);
        b9.blend(floor, b9.compare(VectorOperators.LT, floor)).intoArray(y, y9 + LANES);
        int y10 = yAt[yPixel + 10] + channel;
        a10.blend(floor, a10.compare(VectorOperators.LT, floor)).intoArray(y, y10);
        b10.blend(floor, b10.compare(VectorOperators.LT, floor)).intoArray(y, y10 + LANES);
        int y11 = yAt[yPixel + 11] + channel;
        a11.blend(floor, a11.compare(VectorOperators.LT, floor)).intoArray(y, y11);
        b11.blend(floor, b11.compare(VectorOperators.LT, floor)).intoArray(y, y11 + LANES);
    }

    /// Six pixels from `pixel` on: 12 accumulators. Pixel `p` goes to `y[yAt[yPixel + p] +
    /// channel]`.
    static void tile6(
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
        // Every sum starts at its bias.
        FloatVector a0 = FloatVector.fromArray(SPECIES, task.bias, block.biasAt());
        FloatVector b0 = FloatVector.fromArray(SPECIES, task.bias, block.biasAt() + LANES);
        FloatVector a1 = a0;
        FloatVector b1 = b0;
        FloatVector a2 = a0;
        FloatVector b2 = b0;
        FloatVector a3 = a0;
        FloatVector b3 = b0;
        FloatVector a4 = a0;
        FloatVector b4 = b0;
        FloatVector a5 = a0;
        FloatVector b5 = b0;
        for (int s = 0; s < steps.length; s += 2) {
            int step = steps[s];
            int wAt = weightsAt + steps[s + 1] * WIDTH;
            int x0 = at0 + step;
            int x1 = at1 + step;
            int x2 = at2 + step;
            int x3 = at3 + step;
            int x4 = at4 + step;
            int x5 = at5 + step;
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH);
                FloatVector w1 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH + LANES);
                FloatVector v0 = FloatVector.broadcast(SPECIES, x[x0 + k]);
                a0 = w0.fma(v0, a0);
                b0 = w1.fma(v0, b0);
                FloatVector v1 = FloatVector.broadcast(SPECIES, x[x1 + k]);
                a1 = w0.fma(v1, a1);
                b1 = w1.fma(v1, b1);
                FloatVector v2 = FloatVector.broadcast(SPECIES, x[x2 + k]);
                a2 = w0.fma(v2, a2);
                b2 = w1.fma(v2, b2);
                FloatVector v3 = FloatVector.broadcast(SPECIES, x[x3 + k]);
                a3 = w0.fma(v3, a3);
                b3 = w1.fma(v3, b3);
                FloatVector v4 = FloatVector.broadcast(SPECIES, x[x4 + k]);
                a4 = w0.fma(v4, a4);
                b4 = w1.fma(v4, b4);
                FloatVector v5 = FloatVector.broadcast(SPECIES, x[x5 + k]);
                a5 = w0.fma(v5, a5);
                b5 = w1.fma(v5, b5);
            }
        }
        float floor = task.floor;
        int y0 = yAt[yPixel] + channel;
        a0.blend(floor, a0.compare(VectorOperators.LT, floor)).intoArray(y, y0);
        b0.blend(floor, b0.compare(VectorOperators.LT, floor)).intoArray(y, y0 + LANES);
        int y1 = yAt[yPixel + 1] + channel;
        a1.blend(floor, a1.compare(VectorOperators.LT, floor)).intoArray(y, y1);
        b1.blend(floor, b1.compare(VectorOperators.LT, floor)).intoArray(y, y1 + LANES);
        int y2 = yAt[yPixel + 2] + channel;
        a2.blend(floor, a2.compare(VectorOperators.LT, floor)).intoArray(y, y2);
        b2.blend(floor, b2.compare(VectorOperators.LT, floor)).intoArray(y, y2 + LANES);
        int y3 = yAt[yPixel + 3] + channel;
        a3.blend(floor, a3.compare(VectorOperators.LT, floor)).intoArray(y, y3);
        b3.blend(floor, b3.compare(VectorOperators.LT, floor)).intoArray(y, y3 + LANES);
        int y4 = yAt[yPixel + 4] + channel;
        a4.blend(floor, a4.compare(VectorOperators.LT, floor)).intoArray(y, y4);
        b4.blend(floor, b4.compare(VectorOperators.LT, floor)).intoArray(y, y4 + LANES);
        int y5 = yAt[yPixel + 5] + channel;
        a5.blend(floor, a5.compare(VectorOperators.LT, floor)).intoArray(y, y5);
        b5.blend(floor, b5.compare(VectorOperators.LT, floor)).intoArray(y, y5 + LANES);
    }

    /// Four pixels from `pixel` on: 8 accumulators. Pixel `p` goes to `y[yAt[yPixel + p] +
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
        FloatVector a1 = a0;
        FloatVector b1 = b0;
        FloatVector a2 = a0;
        FloatVector b2 = b0;
        FloatVector a3 = a0;
        FloatVector b3 = b0;
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
                FloatVector v0 = FloatVector.broadcast(SPECIES, x[x0 + k]);
                a0 = w0.fma(v0, a0);
                b0 = w1.fma(v0, b0);
                FloatVector v1 = FloatVector.broadcast(SPECIES, x[x1 + k]);
                a1 = w0.fma(v1, a1);
                b1 = w1.fma(v1, b1);
                FloatVector v2 = FloatVector.broadcast(SPECIES, x[x2 + k]);
                a2 = w0.fma(v2, a2);
                b2 = w1.fma(v2, b2);
                FloatVector v3 = FloatVector.broadcast(SPECIES, x[x3 + k]);
                a3 = w0.fma(v3, a3);
                b3 = w1.fma(v3, b3);
            }
        }
        float floor = task.floor;
        int y0 = yAt[yPixel] + channel;
        a0.blend(floor, a0.compare(VectorOperators.LT, floor)).intoArray(y, y0);
        b0.blend(floor, b0.compare(VectorOperators.LT, floor)).intoArray(y, y0 + LANES);
        int y1 = yAt[yPixel + 1] + channel;
        a1.blend(floor, a1.compare(VectorOperators.LT, floor)).intoArray(y, y1);
        b1.blend(floor, b1.compare(VectorOperators.LT, floor)).intoArray(y, y1 + LANES);
        int y2 = yAt[yPixel + 2] + channel;
        a2.blend(floor, a2.compare(VectorOperators.LT, floor)).intoArray(y, y2);
        b2.blend(floor, b2.compare(VectorOperators.LT, floor)).intoArray(y, y2 + LANES);
        int y3 = yAt[yPixel + 3] + channel;
        a3.blend(floor, a3.compare(VectorOperators.LT, floor)).intoArray(y, y3);
        b3.blend(floor, b3.compare(VectorOperators.LT, floor)).intoArray(y, y3 + LANES);
    }

    /// Two pixels from `pixel` on: 4 accumulators. Pixel `p` goes to `y[yAt[yPixel + p] +
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
        FloatVector a1 = a0;
        FloatVector b1 = b0;
        for (int s = 0; s < steps.length; s += 2) {
            int step = steps[s];
            int wAt = weightsAt + steps[s + 1] * WIDTH;
            int x0 = at0 + step;
            int x1 = at1 + step;
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH);
                FloatVector w1 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH + LANES);
                FloatVector v0 = FloatVector.broadcast(SPECIES, x[x0 + k]);
                a0 = w0.fma(v0, a0);
                b0 = w1.fma(v0, b0);
                FloatVector v1 = FloatVector.broadcast(SPECIES, x[x1 + k]);
                a1 = w0.fma(v1, a1);
                b1 = w1.fma(v1, b1);
            }
        }
        float floor = task.floor;
        int y0 = yAt[yPixel] + channel;
        a0.blend(floor, a0.compare(VectorOperators.LT, floor)).intoArray(y, y0);
        b0.blend(floor, b0.compare(VectorOperators.LT, floor)).intoArray(y, y0 + LANES);
        int y1 = yAt[yPixel + 1] + channel;
        a1.blend(floor, a1.compare(VectorOperators.LT, floor)).intoArray(y, y1);
        b1.blend(floor, b1.compare(VectorOperators.LT, floor)).intoArray(y, y1 + LANES);
    }

    /// One pixel from `pixel` on: 2 accumulators. Pixel `p` goes to `y[yAt[yPixel + p] + channel]`.
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
        for (int s = 0; s < steps.length; s += 2) {
            int step = steps[s];
            int wAt = weightsAt + steps[s + 1] * WIDTH;
            int x0 = at0 + step;
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH);
                FloatVector w1 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH + LANES);
                FloatVector v0 = FloatVector.broadcast(SPECIES, x[x0 + k]);
                a0 = w0.fma(v0, a0);
                b0 = w1.fma(v0, b0);
            }
        }
        float floor = task.floor;
        int y0 = yAt[yPixel] + channel;
        a0.blend(floor, a0.compare(VectorOperators.LT, floor)).intoArray(y, y0);
        b0.blend(floor, b0.compare(VectorOperators.LT, floor)).intoArray(y, y0 + LANES);
    }
}
