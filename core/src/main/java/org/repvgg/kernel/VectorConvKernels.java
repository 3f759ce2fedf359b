package org.repvgg.kernel;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.repvgg.kernel.ConvPlan.Region;
import org.repvgg.kernel.PackedConv.Block;

/// Direct convolution with vectors: output channels across the lanes, a few pixels at a time in
/// registers.
///
/// With 32 registers a tile is three vectors by five pixels or two by eight, with 16 two by six;
/// each multiplies and adds at nearly the machine's peak. Smaller tiles take the pixels that are
/// left over. See [ThreeVectorTiles] for why not larger ones.
final class VectorConvKernels implements ConvKernels {
    private static final int LANES = VectorWidth.LANES;

    /// 512-bit machines have 32 vector registers; narrower ones are taken to have 16.
    private static final boolean MANY_REGISTERS = LANES == 16;

    private static final int MAX_VECTORS = MANY_REGISTERS ? 3 : 2;

    /// Pixels of the tiles one, two and three vectors wide, largest first.
    private static final int[][] TILES = {
        {8, 4, 2, 1},
        MANY_REGISTERS ? new int[] {8, 6, 4, 2, 1} : new int[] {6, 4, 2, 1},
        {5, 4, 2, 1}
    };

    private static final int MAX_PIXELS = 8;

    /// Where tiles store whose last lanes are no channels.
    private static final int SCRATCH_WIDTH = MAX_VECTORS * LANES;

    private static final int[] SCRATCH_AT =
            IntStream.range(0, MAX_PIXELS).map(pixel -> pixel * SCRATCH_WIDTH).toArray();
    private static final ThreadLocal<float[]> SCRATCH =
            ThreadLocal.withInitial(() -> new float[MAX_PIXELS * SCRATCH_WIDTH]);

    /// Bits of a vector.
    static int bits() {
        return LANES * Float.SIZE;
    }

    @Override
    public PackedConv pack(
            ConvShape shape, float[] weight, float[] bias, IntFunction<float[]> memory) {
        return new PackedConv(shape, weight, bias, memory, LANES, MAX_VECTORS);
    }

    @Override
    public WinogradConv pack(Winograd algorithm, ConvShape shape, float[] weight, float[] bias) {
        return new WinogradConv(algorithm, shape, weight, bias, LANES, MAX_VECTORS);
    }

    @Override
    public void convolve(ConvTask task, Block block, Region region, int from, int to) {
        checkArgument(
                task.conv().lanes == LANES,
                "weights were packed for %s lanes, not %s",
                task.conv().lanes,
                LANES);
        int width = block.vectors() * LANES;
        if (block.outputs() == width) {
            direct(task, block, region, region.first() + from, region.first() + to);
        } else {
            throughScratch(task, block, region, region.first() + from, region.first() + to);
        }
    }

    /// Every lane is a channel that exists: tiles store where the outputs belong.
    private static void direct(ConvTask task, Block block, Region region, int from, int to) {
        int pixel = from;
        while (pixel < to) {
            int pixels = tile(block.vectors(), to - pixel);
            run(task, block, region, pixel, pixels, task.y, task.yAt, pixel, block.channel());
            pixel += pixels;
        }
    }

    /// The last lanes are no channels: tiles store to scratch, and what exists is copied.
    private static void throughScratch(
            ConvTask task, Block block, Region region, int from, int to) {
        float[] scratch = SCRATCH.get();
        int pixel = from;
        while (pixel < to) {
            int pixels = tile(block.vectors(), to - pixel);
            run(task, block, region, pixel, pixels, scratch, SCRATCH_AT, 0, 0);
            task.unpack(scratch, SCRATCH_WIDTH, block, pixel, pixels);
            pixel += pixels;
        }
    }

    /// Pixels in the largest tile of `vectors` that fits `left` pixels.
    private static int tile(int vectors, int left) {
        for (int pixels : TILES[vectors - 1]) {
            if (pixels <= left) {
                return pixels;
            }
        }
        throw new IllegalArgumentException("no pixels left: " + left);
    }

    private static void run(
            ConvTask task,
            Block block,
            Region region,
            int pixel,
            int pixels,
            float[] y,
            int[] yAt,
            int yPixel,
            int channel) {
        switch (block.vectors() * 100 + pixels) {
            case 305 -> ThreeVectorTiles.tile5(task, block, region, pixel, y, yAt, yPixel, channel);
            case 304 -> ThreeVectorTiles.tile4(task, block, region, pixel, y, yAt, yPixel, channel);
            case 302 -> ThreeVectorTiles.tile2(task, block, region, pixel, y, yAt, yPixel, channel);
            case 301 -> ThreeVectorTiles.tile1(task, block, region, pixel, y, yAt, yPixel, channel);
            case 208 -> TwoVectorTiles.tile8(task, block, region, pixel, y, yAt, yPixel, channel);
            case 206 -> TwoVectorTiles.tile6(task, block, region, pixel, y, yAt, yPixel, channel);
            case 204 -> TwoVectorTiles.tile4(task, block, region, pixel, y, yAt, yPixel, channel);
            case 202 -> TwoVectorTiles.tile2(task, block, region, pixel, y, yAt, yPixel, channel);
            case 201 -> TwoVectorTiles.tile1(task, block, region, pixel, y, yAt, yPixel, channel);
            case 108 -> OneVectorTiles.tile8(task, block, region, pixel, y, yAt, yPixel, channel);
            case 104 -> OneVectorTiles.tile4(task, block, region, pixel, y, yAt, yPixel, channel);
            case 102 -> OneVectorTiles.tile2(task, block, region, pixel, y, yAt, yPixel, channel);
            case 101 -> OneVectorTiles.tile1(task, block, region, pixel, y, yAt, yPixel, channel);
            default ->
                    throw new IllegalStateException("no tile of " + block.vectors() + "x" + pixels);
        }
    }
}
