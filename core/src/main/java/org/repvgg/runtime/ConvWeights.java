package org.repvgg.runtime;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.repvgg.kernel.ConvKernels;
import org.repvgg.kernel.ConvShape;
import org.repvgg.kernel.PackedConv;
import org.repvgg.kernel.Winograd;
import org.repvgg.kernel.WinogradConv;

/// A convolution's weights in every order that some image size asked for, each packed once.
///
/// Used by one thread at a time: by who plans a workspace.
final class ConvWeights {
    private final ConvKernels kernels;
    private final ConvShape shape;
    private final float[] weight;
    private final float[] bias;
    private final Map<Winograd, WinogradConv> transformed = new EnumMap<>(Winograd.class);
    private @Nullable PackedConv direct;

    /// @param weight `[out,in/groups,height,width]`; kept, not modified
    /// @param bias `[out]`; kept, not modified
    ///
    /// @throws IllegalArgumentException if there are more or fewer than the shape says
    ConvWeights(ConvKernels kernels, ConvShape shape, float[] weight, float[] bias) {
        checkArgument(
                weight.length == (long) shape.out() * shape.terms() && bias.length == shape.out(),
                "%s wants %s weights and %s biases, got %s and %s",
                shape,
                (long) shape.out() * shape.terms(),
                shape.out(),
                weight.length,
                bias.length);
        this.kernels = kernels;
        this.shape = shape;
        this.weight = weight;
        this.bias = bias;
    }

    ConvShape shape() {
        return shape;
    }

    PackedConv direct() {
        if (direct == null) {
            direct = kernels.pack(shape, weight, bias);
        }
        return direct;
    }

    /// Packs once more, into memory of the caller's.
    PackedConv direct(IntFunction<float[]> memory) {
        return kernels.pack(shape, weight, bias, memory);
    }

    /// Whether [#transformed] has its answer at hand.
    boolean isTransformed(Winograd algorithm) {
        return transformed.containsKey(algorithm);
    }

    WinogradConv transformed(Winograd algorithm) {
        return transformed.computeIfAbsent(
                algorithm, wanted -> kernels.pack(wanted, shape, weight, bias));
    }
}
