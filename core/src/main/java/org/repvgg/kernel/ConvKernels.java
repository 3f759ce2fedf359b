package org.repvgg.kernel;

import java.util.function.IntFunction;
import org.repvgg.kernel.ConvPlan.Region;
import org.repvgg.kernel.PackedConv.Block;

/// Direct convolution. Twins of one promise:
///
/// `y[n,o,h,w] = activation(bias[o] + sum over i,r,s of weight[o,i,r,s] *
/// x[n,i,h*stride+r,w*stride+s])`, zeros around `x`.
///
/// An output is one chain of fused multiply-adds, in float, that starts at the bias. Its error
/// against exact arithmetic is at most [#errorBound], whatever the order; both twins sum in the
/// order of [PackedConv], so they agree bit for bit.
public sealed interface ConvKernels permits ScalarConvKernels, VectorConvKernels {

    /// Brings weights into this kernel's order; only this kernel may run them.
    ///
    /// @param weight `[out,in/groups,height,width]`; not modified
    /// @param bias `[out]`; not modified
    default PackedConv pack(ConvShape shape, float[] weight, float[] bias) {
        return pack(shape, weight, bias, float[]::new);
    }

    /// Likewise, into memory of the caller's.
    ///
    /// @param memory answers an array of so many elements or more, whatever it holds; overwritten,
    ///   and in use as long as the answer is
    PackedConv pack(ConvShape shape, float[] weight, float[] bias, IntFunction<float[]> memory);

    /// Likewise for a convolution by products of transformed tiles.
    WinogradConv pack(Winograd algorithm, ConvShape shape, float[] weight, float[] bias);

    /// Computes the channels of `block` at pixels `[from,to)` of `region`, counted from the
    /// region's first pixel.
    ///
    /// Pieces that do not overlap may run at the same time.
    void convolve(ConvTask task, Block block, Region region, int from, int to);

    /// Computes all channels of the first `images` images, on this thread.
    default void convolve(ConvTask task, int images) {
        for (Region region : task.regions()) {
            for (Block block : task.conv().blocks()) {
                convolve(task, block, region, 0, images * region.perImage());
            }
        }
    }

    /// Largest rounding error of a float sum of `terms` products and a bias, in any order, fused or
    /// not: `gamma(k) * (|bias| + sum |weight * x|)` with `k = terms + 1`, `gamma(k) = k u / (1 - k
    /// u)` and `u = 2^-24` (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1).
    ///
    /// @param magnitude `|bias| + sum |weight * x|`, exact enough in double
    static double errorBound(int terms, double magnitude) {
        double ku = (terms + 1) * 0x1p-24;
        return ku / (1 - ku) * magnitude;
    }
}
