package org.repvgg.fold;

import java.util.Arrays;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.Branch;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// One output of a 3x3 convolution with padding 1, in double precision: the one form that every
/// linear branch takes.
///
/// With weights `W` and bias `b`, stride and groups being the block's own,
///
/// `y = Σ_i W[i] * x[i] + b`
///
/// A filter is scratch: every operation overwrites it, so that a fold takes no memory but for its
/// answer. `W` is `[in/groups,3,3]`.
final class Filter {
    static final int SIDE = 3;
    private static final int TAPS = SIDE * SIDE;
    private static final int CENTRE = 4;

    /// PyTorch's guard against dividing by a zero norm (`torch.nn.functional.normalize`).
    private static final double SMALLEST_NORM = 1e-12;

    private final double[] weight;
    private double bias;

    /// @param inputs of each output, `in/groups`
    Filter(int inputs) {
        weight = new double[Math.multiplyExact(inputs, TAPS)];
    }

    /// Becomes output `o` of a convolution of any odd size up to 3x3: zeros around it, equally on
    /// both sides.
    ///
    /// A 1x1 kernel becomes the centre, a 1x3 kernel the middle row, a 3x1 kernel the middle
    /// column. Equal for every stride, as the smaller kernel's padding keeps it centred on the same
    /// pixels.
    ///
    /// @param small `[out,in/groups,height,width]`, height and width 1 or 3; not modified
    void setPadded(Tensor small, int o) {
        Shape shape = small.shape();
        int height = shape.dimension(2);
        int width = shape.dimension(3);
        float[] from = small.unsafeArray();
        int next = o * shape.dimension(1) * height * width;
        clear();
        for (int corner = corner(height, width); corner < weight.length; corner += TAPS) {
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    weight[corner + y * SIDE + x] = from[next++];
                }
            }
        }
    }

    /// Where a smaller kernel's first tap lies in a 3x3 one.
    private static int corner(int height, int width) {
        return (SIDE - height) / 2 * SIDE + (SIDE - width) / 2;
    }

    /// Becomes output `o` of the identity: one at the centre of its own input.
    ///
    /// `W[o mod (out/groups), 1, 1] = 1`, for inputs are counted within the group. Where a group
    /// has more outputs than inputs, the outputs beyond have no identity part.
    void setIdentity(int o, int outPerGroup) {
        clear();
        int centre = centre(o, outPerGroup);
        if (centre < weight.length) {
            weight[centre] = 1;
        }
    }

    private static int centre(int o, int outPerGroup) {
        return o % outPerGroup * TAPS + CENTRE;
    }

    /// Becomes output `o` of DiracNet's kernel `diag(a) I + diag(b) V/‖V‖`, the norm taken over
    /// each output's filter.
    void setDirac(Branch.Dirac dirac, int o, int outPerGroup) {
        setPadded(dirac.weight(), o);
        double a = dirac.identityScale().get(o);
        double b = dirac.normalisedScale().get(o) / Math.max(length(), SMALLEST_NORM);
        int centre = centre(o, outPerGroup);
        for (int i = 0; i < weight.length; i++) {
            weight[i] = (i == centre ? a : 0) + weight[i] * b;
        }
    }

    /// The sum of two branches on the same input is one branch: `W₁ + W₂`, `b₁ + b₂`.
    void add(Filter other) {
        for (int i = 0; i < weight.length; i++) {
            weight[i] += other.weight[i];
        }
        bias += other.bias;
    }

    /// Takes the batch norm behind it in (paper, equation 3).
    ///
    /// With `t = gamma[o] / sqrt(variance[o] + epsilon)`:
    ///
    /// - `W' = t * W`
    /// - `b' = t * b + (beta[o] - mean[o] * t)`
    ///
    /// @param norm running statistics, `[out]`
    void normalise(BatchNorm norm, int o) {
        double scale =
                norm.weight().get(o) / Math.sqrt((double) norm.variance().get(o) + norm.epsilon());
        for (int i = 0; i < weight.length; i++) {
            weight[i] *= scale;
        }
        bias = bias * scale + (norm.bias().get(o) - norm.mean().get(o) * scale);
    }

    /// Rounds to float, as output `o`: the only rounding of a fold.
    ///
    /// @param weights `[out,in/groups,3,3]`
    /// @param biases `[out]`
    void writeTo(float[] weights, float[] biases, int o) {
        int at = o * weight.length;
        for (int i = 0; i < weight.length; i++) {
            weights[at + i] = (float) weight[i];
        }
        biases[o] = (float) bias;
    }

    private void clear() {
        Arrays.fill(weight, 0);
        bias = 0;
    }

    /// Euclidean length of the weights.
    private double length() {
        double squares = 0;
        for (double value : weight) {
            squares += value * value;
        }
        return Math.sqrt(squares);
    }
}
