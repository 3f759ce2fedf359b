package org.repvgg.kernel;

import static org.repvgg.tensor.Checks.checkArgument;

/// A convolution as numbers. Padding keeps height and width: one zero on either side of 3 taps,
/// none beside 1.
///
/// @param in input channels
/// @param out output channels
/// @param groups divides both; each output sees `in / groups` inputs
/// @param height taps, 1 or 3
/// @param width taps, 1 or 3
/// @param stride at least 1; an output has `ceil(size / stride)` rows or columns
public record ConvShape(int in, int out, int groups, int height, int width, int stride) {
    public ConvShape {
        checkArgument(in >= 1 && out >= 1, "channels must be positive: in=%s, out=%s", in, out);
        checkArgument(groups >= 1, "groups must be positive: %s", groups);
        checkArgument(
                in % groups == 0 && out % groups == 0,
                "channels must divide by groups: in=%s, out=%s, groups=%s",
                in,
                out,
                groups);
        checkArgument(
                (height == 1 || height == 3) && (width == 1 || width == 3),
                "a kernel has 1 or 3 taps each way: %sx%s",
                height,
                width);
        checkArgument(stride >= 1, "stride must be positive: %s", stride);
    }

    /// A fully connected layer: one tap on maps of 1x1.
    public static ConvShape linear(int in, int out) {
        return new ConvShape(in, out, 1, 1, 1, 1);
    }

    public int inPerGroup() {
        return in / groups;
    }

    public int outPerGroup() {
        return out / groups;
    }

    /// Products that one output sums.
    public int terms() {
        return height * width * inPerGroup();
    }

    /// Height or width after the convolution: `ceil(size / stride)`.
    public int outputSize(int size) {
        return (size - 1) / stride + 1;
    }
}
