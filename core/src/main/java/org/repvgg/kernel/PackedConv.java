package org.repvgg.kernel;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/// Weights of a convolution in the order a kernel reads them:
/// `[block][row][column][in/groups][vectors*lanes]`.
///
/// A block is up to `vectors*lanes` output channels of one group, computed together. Where the
/// channels of a group end inside a block, its remaining lanes are zero.
public final class PackedConv {
    private final ConvShape shape;
    private final int taps;
    private final List<Block> blocks;
    final int lanes;
    final float[] weights;
    final float[] bias;

    /// @param weight `[out,in/groups,height,width]`; not modified
    /// @param bias `[out]`; not modified
    /// @param memory for the packed weights, see [ConvKernels#pack]
    /// @param lanes floats in a vector
    /// @param maxVectors vectors in the widest block
    PackedConv(
            ConvShape shape,
            float[] weight,
            float[] bias,
            IntFunction<float[]> memory,
            int lanes,
            int maxVectors) {
        this(
                shape,
                shape.height() * shape.width(),
                (from, to, width) -> System.arraycopy(from, 0, to, 0, to.length),
                weight,
                bias,
                memory,
                lanes,
                maxVectors);
    }

    /// @param taps how many each pair of channels has packed
    /// @param map from the taps that it has to those
    PackedConv(
            ConvShape shape,
            int taps,
            TapMap map,
            float[] weight,
            float[] bias,
            IntFunction<float[]> memory,
            int lanes,
            int maxVectors) {
        checkArgument(
                weight.length == (long) shape.out() * shape.terms(),
                "%s wants %s weights, got %s",
                shape,
                (long) shape.out() * shape.terms(),
                weight.length);
        checkArgument(
                bias.length == shape.out(),
                "%s wants %s biases, got %s",
                shape,
                shape.out(),
                bias.length);
        this.shape = shape;
        this.taps = taps;
        this.lanes = lanes;
        this.blocks = split(maxVectors);
        Block last = blocks.getLast();
        this.weights = memory.apply(last.weightsAt + terms() * last.vectors * lanes);
        this.bias = new float[last.biasAt + last.vectors * lanes];
        for (Block block : blocks) {
            System.arraycopy(bias, block.channel, this.bias, block.biasAt, block.outputs);
            pack(block, weight, map);
        }
    }

    /// What is packed of the kernels of an input and the outputs of a block.
    @FunctionalInterface
    interface TapMap {
        /// @param from `[height*width,width]`
        /// @param to `[taps,width]`
        /// @param width kernels side by side
        void apply(float[] from, float[] to, int width);
    }

    /// Output channels `[channel,channel+outputs)`, all of one group.
    ///
    /// @param group the group they belong to
    /// @param channel first output channel
    /// @param outputs how many; fewer than `vectors*lanes` where a group ends
    /// @param vectors vectors across the block
    /// @param weightsAt where its weights start
    /// @param biasAt where its biases start
    public record Block(
            int group, int channel, int outputs, int vectors, int weightsAt, int biasAt) {}

    public ConvShape shape() {
        return shape;
    }

    public List<Block> blocks() {
        return blocks;
    }

    /// Products that one output sums.
    private int terms() {
        return taps * shape.inPerGroup();
    }

    private List<Block> split(int maxVectors) {
        List<Block> blocks = new ArrayList<>();
        long weightsAt = 0;
        int biasAt = 0;
        for (int group = 0; group < shape.groups(); group++) {
            int channel = group * shape.outPerGroup();
            int end = channel + shape.outPerGroup();
            while (channel < end) {
                int vectors = vectors((end - channel + lanes - 1) / lanes, maxVectors);
                int outputs = Math.min(vectors * lanes, end - channel);
                blocks.add(new Block(group, channel, outputs, vectors, (int) weightsAt, biasAt));
                channel += outputs;
                biasAt += vectors * lanes;
                weightsAt += (long) terms() * vectors * lanes;
                checkArgument(
                        weightsAt <= Integer.MAX_VALUE - 8,
                        "packed weights have more elements than an array can hold: %s",
                        shape);
            }
        }
        return List.copyOf(blocks);
    }

    /// Width of the next block: as wide as allowed, but no single vector left over where two pairs
    /// do (4 = 2+2, not 3+1).
    private static int vectors(int left, int maxVectors) {
        if (left <= maxVectors) {
            return left;
        }
        return left == maxVectors + 1 ? (left + 1) / 2 : maxVectors;
    }

    private void pack(Block block, float[] weight, TapMap map) {
        int width = block.vectors * lanes;
        int inputs = shape.inPerGroup();
        int plainTaps = shape.height() * shape.width();
        float[] plain = new float[plainTaps * width];
        float[] mapped = new float[taps * width];
        for (int i = 0; i < inputs; i++) {
            for (int o = 0; o < block.outputs; o++) {
                int from = ((block.channel + o) * inputs + i) * plainTaps;
                for (int tap = 0; tap < plainTaps; tap++) {
                    plain[tap * width + o] = weight[from + tap];
                }
            }
            map.apply(plain, mapped, width);
            for (int tap = 0; tap < taps; tap++) {
                int to = block.weightsAt + (tap * inputs + i) * width;
                System.arraycopy(mapped, tap * width, weights, to, width);
            }
        }
    }
}
