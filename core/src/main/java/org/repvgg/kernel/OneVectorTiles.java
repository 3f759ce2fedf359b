package org.repvgg.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.repvgg.kernel.ConvPlan.Region;
import org.repvgg.kernel.PackedConv.Block;

/// Register tiles one vector wide, for what is left of a group's channels; see [ThreeVectorTiles].
final class OneVectorTiles {
    private static final VectorSpecies<Float> SPECIES = VectorWidth.SPECIES;
    private static final int LANES = SPECIES.length();
    private static final int WIDTH = 1 * LANES;

    private OneVectorTiles() {}

    /// Eight pixels from `pixel` on: 8 accumulators. Pixel `p` goes to `y[yAt[yPixel + p] +
    /// channel]`.
    static void tile8(
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
        // Every sum starts at its bias.
        FloatVector a0 = FloatVector.fromArray(SPECIES, task.bias, block.biasAt());
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector a4 = a0;
        FloatVector a5 = a0;
        FloatVector a6 = a0;
        FloatVector a7 = a0;
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
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH);
                FloatVector v0 = FloatVector.broadcast(SPECIES, x[x0 + k]);
                a0 = w0.fma(v0, a0);
                FloatVector v1 = FloatVector.broadcast(SPECIES, x[x1 + k]);
                a1 = w0.fma(v1, a1);
                FloatVector v2 = FloatVector.broadcast(SPECIES, x[x2 + k]);
                a2 = w0.fma(v2, a2);
                FloatVector v3 = FloatVector.broadcast(SPECIES, x[x3 + k]);
                a3 = w0.fma(v3, a3);
                FloatVector v4 = FloatVector.broadcast(SPECIES, x[x4 + k]);
                a4 = w0.fma(v4, a4);
                FloatVector v5 = FloatVector.broadcast(SPECIES, x[x5 + k]);
                a5 = w0.fma(v5, a5);
                FloatVector v6 = FloatVector.broadcast(SPECIES, x[x6 + k]);
                a6 = w0.fma(v6, a6);
                FloatVector v7 = FloatVector.broadcast(SPECIES, x[x7 + k]);
                a7 = w0.fma(v7, a7);
            }
        }
        float floor = task.floor;
        int y0 = yAt[yPixel] + channel;
        a0.blend(floor, a0.compare(VectorOperators.LT, floor)).intoArray(y, y0);
        int y1 = yAt[yPixel + 1] + channel;
        a1.blend(floor, a1.compare(VectorOperators.LT, floor)).intoArray(y, y1);
        int y2 = yAt[yPixel + 2] + channel;
        a2.blend(floor, a2.compare(VectorOperators.LT, floor)).intoArray(y, y2);
        int y3 = yAt[yPixel + 3] + channel;
        a3.blend(floor, a3.compare(VectorOperators.LT, floor)).intoArray(y, y3);
        int y4 = yAt[yPixel + 4] + channel;
        a4.blend(floor, a4.compare(VectorOperators.LT, floor)).intoArray(y, y4);
        int y5 = yAt[yPixel + 5] + channel;
        a5.blend(floor, a5.compare(VectorOperators.LT, floor)).intoArray(y, y5);
        int y6 = yAt[yPixel + 6] + channel;
        a6.blend(floor, a6.compare(VectorOperators.LT, floor)).intoArray(y, y6);
        int y7 = yAt[yPixel + 7] + channel;
        a7.blend(floor, a7.compare(VectorOperators.LT, floor)).intoArray(y, y7);
    }

    /// Four pixels from `pixel` on: 4 accumulators. Pixel `p` goes to `y[yAt[yPixel + p] +
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
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        for (int s = 0; s < steps.length; s += 2) {
            int step = steps[s];
            int wAt = weightsAt + steps[s + 1] * WIDTH;
            int x0 = at0 + step;
            int x1 = at1 + step;
            int x2 = at2 + step;
            int x3 = at3 + step;
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH);
                FloatVector v0 = FloatVector.broadcast(SPECIES, x[x0 + k]);
                a0 = w0.fma(v0, a0);
                FloatVector v1 = FloatVector.broadcast(SPECIES, x[x1 + k]);
                a1 = w0.fma(v1, a1);
                FloatVector v2 = FloatVector.broadcast(SPECIES, x[x2 + k]);
                a2 = w0.fma(v2, a2);
                FloatVector v3 = FloatVector.broadcast(SPECIES, x[x3 + k]);
                a3 = w0.fma(v3, a3);
            }
        }
        float floor = task.floor;
        int y0 = yAt[yPixel] + channel;
        a0.blend(floor, a0.compare(VectorOperators.LT, floor)).intoArray(y, y0);
        int y1 = yAt[yPixel + 1] + channel;
        a1.blend(floor, a1.compare(VectorOperators.LT, floor)).intoArray(y, y1);
        int y2 = yAt[yPixel + 2] + channel;
        a2.blend(floor, a2.compare(VectorOperators.LT, floor)).intoArray(y, y2);
        int y3 = yAt[yPixel + 3] + channel;
        a3.blend(floor, a3.compare(VectorOperators.LT, floor)).intoArray(y, y3);
    }

    /// One pixel from `pixel` on: 1 accumulators. Pixel `p` goes to `y[yAt[yPixel + p] + channel]`.
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
        for (int s = 0; s < steps.length; s += 2) {
            int step = steps[s];
            int wAt = weightsAt + steps[s + 1] * WIDTH;
            int x0 = at0 + step;
            for (int k = 0; k < length; k++) {
                FloatVector w0 = FloatVector.fromArray(SPECIES, w, wAt + k * WIDTH);
                FloatVector v0 = FloatVector.broadcast(SPECIES, x[x0 + k]);
                a0 = w0.fma(v0, a0);
            }
        }
        float floor = task.floor;
        int y0 = yAt[yPixel] + channel;
        a0.blend(floor, a0.compare(VectorOperators.LT, floor)).intoArray(y, y0);
    }
}
