package org.repvgg.kernel;

import java.util.function.IntFunction;
import org.repvgg.kernel.ConvPlan.Region;
import org.repvgg.kernel.PackedConv.Block;

/// Direct convolution in plain Java: the reference for the vector twin, and what runs without the
/// Vector API.
final class ScalarConvKernels implements ConvKernels {
    /// Output channels computed together, so that an input is read once for all.
    private static final int WIDTH = 16;

    @Override
    public PackedConv pack(
            ConvShape shape, float[] weight, float[] bias, IntFunction<float[]> memory) {
        return new PackedConv(shape, weight, bias, memory, WIDTH, 1);
    }

    @Override
    public WinogradConv pack(Winograd algorithm, ConvShape shape, float[] weight, float[] bias) {
        return new WinogradConv(algorithm, shape, weight, bias, WIDTH, 1);
    }

    @Override
    public void convolve(ConvTask task, Block block, Region region, int from, int to) {
        float[] sums = new float[WIDTH];
        int group = block.group() * task.conv().shape().inPerGroup();
        for (int pixel = region.first() + from; pixel < region.first() + to; pixel++) {
            System.arraycopy(task.bias, block.biasAt(), sums, 0, WIDTH);
            int[] steps = region.steps().numbers;
            for (int s = 0; s < steps.length; s += 2) {
                int xAt = task.xAt[pixel] + group + steps[s];
                int weightsAt = block.weightsAt() + steps[s + 1] * WIDTH;
                accumulate(task.x, xAt, task.weights, weightsAt, region.length(), sums);
            }
            int yAt = task.yAt[pixel] + block.channel();
            for (int o = 0; o < block.outputs(); o++) {
                task.y[yAt + o] = sums[o] < task.floor ? task.floor : sums[o];
            }
        }
    }

    /// `sums[o] += x[k] * w[k,o]` for `k` in `[0,length)` and `o` in `[0,WIDTH)`.
    private static void accumulate(
            float[] x, int xAt, float[] w, int wAt, int length, float[] sums) {
        for (int k = 0; k < length; k++) {
            float value = x[xAt + k];
            int row = wAt + k * WIDTH;
            for (int o = 0; o < WIDTH; o++) {
                sums[o] = Math.fma(value, w[row + o], sums[o]);
            }
        }
    }
}
