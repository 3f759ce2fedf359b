package org.repvgg.kernel;

import static org.repvgg.tensor.Checks.checkArgument;

/// Weights of a 3x3 convolution of stride 1, transformed for a [Winograd] algorithm.
public final class WinogradConv {
    private final Winograd algorithm;
    private final ConvShape shape;
    final PackedConv products;
    final float[] bias;

    /// @param weight `[out,in/groups,3,3]`; not modified
    /// @param bias `[out]`; kept, not modified
    WinogradConv(
            Winograd algorithm,
            ConvShape shape,
            float[] weight,
            float[] bias,
            int lanes,
            int maxVectors) {
        checkArgument(
                shape.height() == 3 && shape.width() == 3 && shape.stride() == 1,
                "%s computes 3x3 convolutions of stride 1, not %s",
                algorithm,
                shape);
        this.algorithm = algorithm;
        this.shape = shape;
        this.bias = bias;
        this.products =
                new PackedConv(
                        shape,
                        algorithm.positions(),
                        algorithm::transform,
                        weight,
                        new float[shape.out()],
                        float[]::new,
                        lanes,
                        maxVectors);
    }

    public Winograd algorithm() {
        return algorithm;
    }

    public ConvShape shape() {
        return shape;
    }
}
