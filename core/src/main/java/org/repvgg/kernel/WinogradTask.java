package org.repvgg.kernel;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.repvgg.kernel.ConvPlan.Region;
import org.repvgg.kernel.PackedConv.Block;

/// One [WinogradConv] about to run on maps. Pieces of it may run on several threads, each with a
/// [Runner] of its own.
///
/// A piece is a run of tiles, image by image. It transforms their inputs to `[product][tile][in]`,
/// multiplies each product's matrix by its weights to `[product][tile][out]`, and transforms those
/// back; in between everything stays in the second-level cache.
public final class WinogradTask {
    private final WinogradConv conv;
    private final FeatureMaps from;
    private final FeatureMaps to;
    private final Activation activation;
    private final int across;
    private final int capacity;
    private final int inPosition;
    private final int outPosition;
    private final List<Region> regions = new ArrayList<>(); // one for each product
    private final int[] inputsAt;
    private final int[] productsAt;

    /// @param capacity most tiles in a piece
    public WinogradTask(
            WinogradConv conv,
            FeatureMaps from,
            FeatureMaps to,
            Activation activation,
            int capacity) {
        checkArgument(from != to, "a convolution cannot overwrite its own input");
        checkArgument(
                conv.algorithm().fits(to.height(), to.width()),
                "%s does not compute maps of %sx%s",
                conv.algorithm(),
                to.height(),
                to.width());
        checkArgument(
                from.border() >= conv.algorithm().before(), "%s reads a border", conv.algorithm());
        this.conv = conv;
        this.from = from;
        this.to = to;
        this.activation = activation;
        this.across = Math.ceilDiv(to.width(), conv.algorithm().outputs());
        this.capacity = capacity;
        this.inPosition = apart(conv.shape().in());
        this.outPosition = apart(conv.shape().out());
        this.inputsAt = new int[conv.algorithm().positions() * capacity];
        this.productsAt = new int[conv.algorithm().positions() * capacity];
        plan();
    }

    /// Lists the rows of each product's matrices, and where its weights begin.
    private void plan() {
        ConvShape shape = conv.shape();
        for (int p = 0; p < conv.algorithm().positions(); p++) {
            int first = p * capacity;
            regions.add(Region.single(first, shape.inPerGroup(), p * shape.inPerGroup()));
            for (int tile = 0; tile < capacity; tile++) {
                inputsAt[first + tile] = p * inPosition + tile * shape.in();
                productsAt[first + tile] = p * outPosition + tile * shape.out();
            }
        }
    }

    /// Blocks of output channels.
    public List<Block> blocks() {
        return conv.products.blocks();
    }

    /// Tiles in an image.
    public int tiles() {
        return conv.algorithm().tiles(to.height(), to.width());
    }

    /// Multiply-adds of direct convolution for as many images.
    public double work(int images) {
        double pixels = (double) images * to.height() * to.width();
        return pixels * conv.shape().terms() * conv.shape().out();
    }

    /// Transformed weights.
    public double weights() {
        ConvShape shape = conv.shape();
        return (double) conv.algorithm().positions() * shape.inPerGroup() * shape.out();
    }

    /// Most tiles in a piece.
    public int capacity() {
        return capacity;
    }

    /// Floats of the transformed inputs of a piece.
    int inputFloats() {
        return conv.algorithm().positions() * inPosition;
    }

    /// Floats of the products of a piece.
    int productFloats() {
        return conv.algorithm().positions() * outPosition;
    }

    /// Floats of a tile's inputs.
    int tileFloats() {
        int side = conv.algorithm().inputs();
        return side * side * conv.shape().in();
    }

    /// Floats from the values of one product to those of the next: no multiple of a page, which
    /// would put all into the same few places of the first-level cache.
    private int apart(int channels) {
        return (Math.ceilDiv(capacity * channels, 16) | 1) * 16;
    }

    /// Runs pieces on one thread, through its buffers.
    public final class Runner {
        private final ConvKernels convolutions;
        private final TransformKernels transforms;
        private final TileBuffers buffers;
        private final ConvTask products;

        /// @param buffers made for this task, among others
        public Runner(Kernels kernels, TileBuffers buffers) {
            this.convolutions = kernels.conv();
            this.transforms = kernels.transform();
            this.buffers = buffers;
            this.products =
                    new ConvTask(
                            conv.products,
                            regions,
                            buffers.inputs,
                            inputsAt,
                            buffers.products,
                            productsAt,
                            Activation.NONE);
        }

        /// Computes tiles `[first,last)`, counted image by image, at most [#capacity], in the
        /// channels of `blocks`, which follow each other.
        public void run(int first, int last, List<Block> blocks) {
            int count = last - first;
            int channel = blocks.getFirst().channel();
            int end = blocks.getLast().channel() + blocks.getLast().outputs();
            for (int tile = 0; tile < count; tile++) {
                load(first + tile, tile * conv.shape().in());
            }
            for (Block block : blocks) {
                for (Region region : regions) {
                    convolutions.convolve(products, block, region, 0, count);
                }
            }
            for (int tile = 0; tile < count; tile++) {
                store(first + tile, tile * conv.shape().out(), channel, end - channel);
            }
        }

        private void load(int tile, int inputsAt) {
            Winograd algorithm = conv.algorithm();
            int side = algorithm.inputs();
            int channels = from.channels();
            int top = top(tile) - algorithm.before();
            int left = left(tile) - algorithm.before();
            int at = from.offset(image(tile), top, left);
            float[] x = from.unsafeArray();
            int rows = Math.min(side, from.height() + from.border() - top);
            int columns = Math.min(side, from.width() + from.border() - left);
            int row = from.rowStride();
            if (rows < side || columns < side) { // beyond the border are zeros, too
                float[] patch = buffers.tile;
                Arrays.fill(patch, 0, tileFloats(), 0);
                for (int r = 0; r < rows; r++) {
                    System.arraycopy(
                            x, at + r * row, patch, r * side * channels, columns * channels);
                }
                x = patch;
                at = 0;
                row = side * channels;
            }
            transforms.input(
                    algorithm,
                    x,
                    at,
                    row,
                    channels,
                    buffers.inputs,
                    inputsAt,
                    inPosition,
                    channels,
                    buffers.lines);
        }

        private void store(int tile, int productsAt, int channel, int channels) {
            int side = conv.algorithm().outputs();
            transforms.output(
                    conv.algorithm(),
                    buffers.products,
                    productsAt + channel,
                    outPosition,
                    conv.bias,
                    channel,
                    activation,
                    to.unsafeArray(),
                    to.offset(image(tile), top(tile), left(tile)) + channel,
                    to.rowStride(),
                    to.channels(),
                    Math.min(side, to.height() - top(tile)),
                    Math.min(side, to.width() - left(tile)),
                    channels,
                    buffers.lines);
        }

        private int image(int tile) {
            return tile / tiles();
        }

        private int top(int tile) {
            return tile % tiles() / across * conv.algorithm().outputs();
        }

        private int left(int tile) {
            return tile % across * conv.algorithm().outputs();
        }
    }
}
