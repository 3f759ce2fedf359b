package org.repvgg.kernel;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.List;
import org.repvgg.kernel.ConvPlan.Region;

/// One convolution about to run: weights, plan, maps read and maps written. Pieces of it may run on
/// several threads.
public final class ConvTask {
    private final PackedConv conv;
    private final List<Region> regions;
    final float[] x;
    final float[] y;
    final int[] xAt;
    final int[] yAt;
    final float[] weights;
    final float[] bias;
    final float floor;

    /// @param plan made for the shape of `conv` and maps like `from` and `to`
    /// @param from not modified
    /// @param to overwritten, its border excepted
    public ConvTask(
            PackedConv conv,
            ConvPlan plan,
            FeatureMaps from,
            FeatureMaps to,
            Activation activation) {
        checkArgument(from != to, "a convolution cannot overwrite its own input");
        checkArgument(
                plan.fits(conv.shape(), from, to),
                "the plan was made for another convolution or other maps: %s",
                conv.shape());
        this(
                conv,
                plan.regions(),
                from.unsafeArray(),
                plan.xAt,
                to.unsafeArray(),
                plan.yAt,
                activation);
    }

    /// Products of matrices whose rows lie at `xAt` and `yAt`.
    ///
    /// @param regions runs of these rows
    ConvTask(
            PackedConv conv,
            List<Region> regions,
            float[] x,
            int[] xAt,
            float[] y,
            int[] yAt,
            Activation activation) {
        this.conv = conv;
        this.regions = regions;
        this.x = x;
        this.y = y;
        this.xAt = xAt;
        this.yAt = yAt;
        this.weights = conv.weights;
        this.bias = conv.bias;
        this.floor = activation.floor;
    }

    public PackedConv conv() {
        return conv;
    }

    /// Runs of pixels, each computed with taps of its own.
    public List<Region> regions() {
        return regions;
    }

    /// Moves a tile out of scratch, where rows are `width` floats apart: the channels of a block
    /// that really exist.
    void unpack(float[] scratch, int width, PackedConv.Block block, int pixel, int pixels) {
        for (int p = 0; p < pixels; p++) {
            System.arraycopy(
                    scratch, p * width, y, yAt[pixel + p] + block.channel(), block.outputs());
        }
    }
}
