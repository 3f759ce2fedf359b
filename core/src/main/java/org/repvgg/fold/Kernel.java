package org.repvgg.fold;

import static org.repvgg.tensor.Checks.checkArgument;

import org.repvgg.model.BatchNorm;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// A 3x3 convolution with padding 1, in double precision: the one form that every linear branch
/// takes.
///
/// With kernel `W` and bias `b`, stride and groups being the block's own,
///
/// `y[o] = Σ_i W[o,i] * x[i] + b[o]`
///
/// Kernels are values: every operation makes a new one. `W` is `[out,in/groups,3,3]`, `b` is
/// `[out]`.
final class Kernel {
    private static final int SIDE = 3;
    private static final int TAPS = SIDE * SIDE;
    private static final int CENTRE = 4;

    /// PyTorch's guard against dividing by a zero norm (`torch.nn.functional.normalize`).
    private static final double SMALLEST_NORM = 1e-12;

    private final int out;
    private final int inPerGroup;
    private final double[] weight;
    private final double[] bias;

    private Kernel(int out, int inPerGroup, double[] weight, double[] bias) {
        this.out = out;
        this.inPerGroup = inPerGroup;
        this.weight = weight;
        this.bias = bias;
    }

    private static Kernel zeros(int out, int inPerGroup) {
        int size = Math.multiplyExact(Math.multiplyExact(out, inPerGroup), TAPS);
        return new Kernel(out, inPerGroup, new double[size], new double[out]);
    }

    /// A convolution of any odd size up to 3x3 as a 3x3 one: zeros around it, equally on both
    /// sides.
    ///
    /// A 1x1 kernel becomes the centre, a 1x3 kernel the middle row, a 3x1 kernel the middle
    /// column. Equal for every stride, as the smaller kernel's padding keeps it centred on the same
    /// pixels.
    ///
    /// @param small `[out,in/groups,height,width]`, height and width 1 or 3
    static Kernel padded(Tensor small) {
        Shape shape = small.shape();
        int height = shape.dimension(2);
        int width = shape.dimension(3);
        int top = (SIDE - height) / 2;
        int left = (SIDE - width) / 2;
        Kernel kernel = zeros(shape.dimension(0), shape.dimension(1));
        float[] from = small.unsafeArray();
        int next = 0;
        for (int plane = 0; plane < kernel.out * kernel.inPerGroup; plane++) {
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    kernel.weight[plane * TAPS + (top + y) * SIDE + left + x] = from[next++];
                }
            }
        }
        return kernel;
    }

    /// The identity as a convolution: output `o` takes one at the centre from its own input.
    ///
    /// `W[o, o mod (in/groups), 1, 1] = 1`, for inputs are counted within the group.
    static Kernel identity(int channels, int groups) {
        return diracDelta(channels, channels / groups, groups);
    }

    /// DiracNet's kernel `diag(a) I + diag(b) V/‖V‖`, the norm taken over each output's filter.
    ///
    /// Where a group has more outputs than inputs, the outputs beyond have no identity part.
    ///
    /// @param weight `V`, `[out,in/groups,3,3]`
    /// @param identityScale `a`, `[out]`
    /// @param normalisedScale `b`, `[out]`
    static Kernel dirac(Tensor weight, Tensor identityScale, Tensor normalisedScale, int groups) {
        Kernel v = padded(weight);
        double[] b = new double[v.out];
        for (int o = 0; o < v.out; o++) {
            b[o] = normalisedScale.get(o) / Math.max(v.filterNorm(o), SMALLEST_NORM);
        }
        Kernel identity = diracDelta(v.out, v.inPerGroup, groups);
        return identity.scaled(doubles(identityScale)).plus(v.scaled(b));
    }

    private static Kernel diracDelta(int out, int inPerGroup, int groups) {
        Kernel kernel = zeros(out, inPerGroup);
        int outPerGroup = out / groups;
        for (int o = 0; o < out; o++) {
            int within = o % outPerGroup;
            if (within < inPerGroup) {
                kernel.weight[(o * inPerGroup + within) * TAPS + CENTRE] = 1;
            }
        }
        return kernel;
    }

    /// The sum of two branches on the same input is one branch: `W₁ + W₂`, `b₁ + b₂`.
    Kernel plus(Kernel other) {
        checkArgument(
                out == other.out && inPerGroup == other.inPerGroup,
                "kernels of different shape: [%s,%s,3,3] and [%s,%s,3,3]",
                out,
                inPerGroup,
                other.out,
                other.inPerGroup);
        Kernel sum = zeros(out, inPerGroup);
        for (int i = 0; i < weight.length; i++) {
            sum.weight[i] = weight[i] + other.weight[i];
        }
        for (int o = 0; o < out; o++) {
            sum.bias[o] = bias[o] + other.bias[o];
        }
        return sum;
    }

    /// This convolution and the batch norm after it as one convolution (paper, equation 3).
    ///
    /// With `t[o] = gamma[o] / sqrt(variance[o] + epsilon)`:
    ///
    /// - `W'[o] = t[o] * W[o]`
    /// - `b'[o] = t[o] * (b[o] - mean[o]) + beta[o]`
    ///
    /// @param norm running statistics, `[out]`
    Kernel normalised(BatchNorm norm) {
        checkArgument(
                norm.channels() == out, "norm has %s channels, kernel %s", norm.channels(), out);
        double[] scale = new double[out];
        for (int o = 0; o < out; o++) {
            scale[o] =
                    norm.weight().get(o)
                            / Math.sqrt((double) norm.variance().get(o) + norm.epsilon());
        }
        Kernel folded = scaled(scale);
        for (int o = 0; o < out; o++) {
            folded.bias[o] += norm.bias().get(o) - norm.mean().get(o) * scale[o];
        }
        return folded;
    }

    /// `W'[o] = scale[o] * W[o]`, `b'[o] = scale[o] * b[o]`.
    private Kernel scaled(double[] scale) {
        Kernel kernel = zeros(out, inPerGroup);
        int filter = inPerGroup * TAPS;
        for (int o = 0; o < out; o++) {
            for (int i = o * filter; i < (o + 1) * filter; i++) {
                kernel.weight[i] = weight[i] * scale[o];
            }
            kernel.bias[o] = bias[o] * scale[o];
        }
        return kernel;
    }

    /// Euclidean length of output `o`'s filter.
    private double filterNorm(int o) {
        int filter = inPerGroup * TAPS;
        double squares = 0;
        for (int i = o * filter; i < (o + 1) * filter; i++) {
            squares += weight[i] * weight[i];
        }
        return Math.sqrt(squares);
    }

    /// `W` rounded to float, `[out,in/groups,3,3]`: the only rounding of a fold, with
    /// [#biasTensor].
    Tensor weightTensor() {
        return Tensor.ofOwned(Shape.of(out, inPerGroup, SIDE, SIDE), floats(weight));
    }

    /// `b` rounded to float, `[out]`.
    Tensor biasTensor() {
        return Tensor.ofOwned(Shape.of(out), floats(bias));
    }

    private static float[] floats(double[] values) {
        float[] rounded = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            rounded[i] = (float) values[i];
        }
        return rounded;
    }

    private static double[] doubles(Tensor tensor) {
        double[] values = new double[tensor.shape().elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = tensor.get(i);
        }
        return values;
    }
}
