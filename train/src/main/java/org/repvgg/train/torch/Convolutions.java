package org.repvgg.train.torch;

import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggSpec;

/// Convolutions, on the CPU without what oneDNN 3.7, the one in libtorch 2.10, gets wrong there or
/// does slowly.
///
/// Found by comparing outputs and both gradients with sums written out in double, fresh memory
/// filled with NaN and a guard page behind every buffer: channels 1 to 200, groups, maps 1x1 to
/// 32x32, both layouts and precisions, one and two threads, on a processor with AVX-512; kernels of
/// 1x1 and 3x3 without groups also, a sample of them, with up to 2048 channels and 128 images.
///
/// | where | what goes wrong | instead |
/// |---|---|---|
/// | 1x1, channels last | the last up to 32 outputs per group are garbage for many numbers over 32, in single precision; an integer is divided by zero for some from 512 on, in both | a matrix product over the pixels |
/// | strided 1x1 | under 16 input channels the weight gradient writes past its buffer; the input gradient takes as long as a 3x3's | stride 1 on the pixels that are not skipped |
/// | one input per group, bf16 | output is garbage | single precision |
/// | strided, map of one row or column, bf16 | weight gradient is garbage | stride 1, which is the same there |
/// | odd outputs per group, bf16 | input gradient is garbage | one output more, of zeros |
/// | every output sees the whole map, as 3x3 does on 2x2; bf16 | weight gradient takes five times as long as the product it is | a fully connected layer |
/// | NCHW, channels that do not divide by 16 | output and input gradient are garbage | channels last, see [#allowNchw] |
///
/// Garbage is memory nobody wrote, often times zero: it goes well until there is a NaN in it.
final class Convolutions {
    /// Channels that oneDNN handles at a time.
    private static final int BLOCK = 16;

    private static final int ROWS = 2;
    private static final int COLUMNS = 3;

    private Convolutions() {}

    /// `x` convolved with `weight`, without bias.
    ///
    /// @param x `[n,in,h,w]`
    /// @param weight `[out,in/groups,height,width]`
    /// @param padY rows of zeros above and below
    /// @param padX columns of zeros left and right
    static Tensor convolve(Tensor x, Tensor weight, int stride, int padY, int padX, int groups) {
        Geometry geometry = new Geometry(stride, padY, padX, groups);
        if (x.is_cuda()) {
            return plain(x, weight, geometry);
        }
        boolean bf16 = torch.is_autocast_enabled(DeviceType.CPU);
        if (bf16 && weight.size(1) == 1) {
            return Autocast.suspended(
                    DeviceType.CPU,
                    () -> convolve(x.to(ScalarType.Float), weight, stride, padY, padX, groups));
        }
        boolean pointwise = weight.size(ROWS) == 1 && weight.size(COLUMNS) == 1;
        if (pointwise && padY == 0 && padX == 0) {
            Tensor seen = stride == 1 ? x : everyNth(everyNth(x, ROWS, stride), COLUMNS, stride);
            boolean channelsLast = seen.stride(1) == 1;
            return channelsLast
                    ? product(seen, weight, groups)
                    : plain(seen, weight, new Geometry(1, 0, 0, groups));
        }
        if (!bf16) {
            return plain(x, weight, geometry);
        }
        var rows = new Window(x.size(ROWS), weight.size(ROWS), stride, padY);
        var columns = new Window(x.size(COLUMNS), weight.size(COLUMNS), stride, padX);
        if (groups == 1 && rows.seesAll() && columns.seesAll()) {
            return connected(x, weight, rows, columns);
        }
        long outputs = weight.size(0) / groups;
        return padded(x, weight, geometry, outputs + outputs % 2);
    }

    /// A 1x1 convolution as a product of all pixels, a row of channels each, with the matrix of
    /// each group.
    private static Tensor product(Tensor x, Tensor weight, long groups) {
        long in = weight.size(1);
        long out = weight.size(0) / groups;
        Tensor pixels = x.permute(0, 2, 3, 1);
        if (groups == 1) {
            return torch.linear(pixels, weight.reshape(out, in)).permute(0, 3, 1, 2);
        }
        Tensor each = pixels.reshape(-1, groups, in).permute(1, 0, 2);
        Tensor matrices = weight.reshape(groups, out, in).permute(0, 2, 1);
        return torch.bmm(each, matrices)
                .permute(1, 0, 2)
                .reshape(x.size(0), x.size(ROWS), x.size(COLUMNS), groups * out)
                .permute(0, 3, 1, 2);
    }

    /// A kernel's way along one dimension of an image.
    private record Window(long size, long kernel, int stride, int pad) {
        long outputs() {
            return (size + 2 * pad - kernel) / stride + 1;
        }

        /// The kernel's tap that output `o` puts on input `i`.
        long tap(long o, long i) {
            return i + pad - o * stride;
        }

        /// Whether every output sees every input.
        boolean seesAll() {
            return tap(0, size - 1) < kernel && tap(outputs() - 1, 0) >= 0;
        }
    }

    /// A convolution whose every output pixel sees the whole image is a fully connected layer from
    /// all inputs to all outputs; its matrix has a kernel's tap for each pair of pixels.
    private static Tensor connected(Tensor x, Tensor weight, Window rows, Window columns) {
        long images = x.size(0);
        long in = x.size(1);
        long out = weight.size(0);
        long inPixels = rows.size * columns.size;
        long outPixels = rows.outputs() * columns.outputs();
        Tensor taps =
                weight.to(ScalarType.BFloat16).permute(ROWS, COLUMNS, 0, 1).reshape(-1, out, in);
        Tensor matrix =
                taps.index_select(0, pairs(rows, columns))
                        .reshape(outPixels, inPixels, out, in)
                        .permute(0, 2, 1, 3)
                        .reshape(outPixels * out, inPixels * in);
        Tensor y = torch.linear(x.permute(0, 2, 3, 1).reshape(images, inPixels * in), matrix);
        return y.reshape(images, rows.outputs(), columns.outputs(), out).permute(0, 3, 1, 2);
    }

    /// The tap of each pair of an output pixel and an input pixel.
    private static Tensor pairs(Window rows, Window columns) {
        int count = (int) (rows.outputs() * columns.outputs() * rows.size * columns.size);
        long[] taps = new long[count];
        int at = 0;
        for (long oy = 0; oy < rows.outputs(); oy++) {
            for (long ox = 0; ox < columns.outputs(); ox++) {
                for (long iy = 0; iy < rows.size; iy++) {
                    for (long ix = 0; ix < columns.size; ix++) {
                        taps[at++] = rows.tap(oy, iy) * columns.kernel + columns.tap(ox, ix);
                    }
                }
            }
        }
        return Tensor.create(taps);
    }

    private record Geometry(int stride, int padY, int padX, int groups) {}

    /// Convolves with `outputs` outputs in each group, those beyond the weight's own being zero,
    /// and takes them away again.
    private static Tensor padded(Tensor x, Tensor weight, Geometry geometry, long outputs) {
        long own = weight.size(0) / geometry.groups;
        if (outputs == own) {
            return plain(x, weight, geometry);
        }
        long in = weight.size(1);
        long height = weight.size(ROWS);
        long width = weight.size(COLUMNS);
        Tensor grown =
                torch.constant_pad_nd(
                                weight.reshape(geometry.groups, own, in, height, width),
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                outputs - own)
                        .reshape(geometry.groups * outputs, in, height, width)
                        .contiguous(MemoryFormat.ChannelsLast);
        Tensor y = plain(x, grown, geometry);
        return y.reshape(y.size(0), geometry.groups, outputs, y.size(ROWS), y.size(COLUMNS))
                .narrow(2, 0, own)
                .reshape(y.size(0), weight.size(0), y.size(ROWS), y.size(COLUMNS))
                .contiguous(MemoryFormat.ChannelsLast);
    }

    private static Tensor plain(Tensor x, Tensor weight, Geometry geometry) {
        long strideY = x.size(ROWS) == 1 ? 1 : geometry.stride;
        long strideX = x.size(COLUMNS) == 1 ? 1 : geometry.stride;
        return torch.conv2d(
                x,
                weight,
                new TensorOptional(),
                new long[] {strideY, strideX},
                new long[] {geometry.padY, geometry.padX},
                new long[] {1, 1},
                geometry.groups);
    }

    private static Tensor everyNth(Tensor x, int dimension, int n) {
        return x.slice(dimension, new LongOptional(), new LongOptional(), n);
    }

    /// Whether every convolution but the first has channels for NCHW: multiples of 16 per group, in
    /// and out.
    static boolean allowNchw(RepVggSpec spec) {
        for (int index = 0; index < spec.blocks().size(); index++) {
            BlockSpec block = spec.blocks().get(index);
            for (BranchSpec branch : block.branches()) {
                RepVggSpec.BranchInput input = spec.branchInput(index, branch);
                boolean image = input.channels() == spec.inputChannels() && index <= branch.reach();
                if (!image && input.channels() / input.groups() % BLOCK != 0
                        || block.out() / input.groups() % BLOCK != 0) {
                    return false;
                }
            }
        }
        return true;
    }
}
