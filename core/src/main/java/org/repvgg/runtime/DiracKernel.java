package org.repvgg.runtime;

import org.repvgg.kernel.ConvShape;
import org.repvgg.model.Branch;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// DiracNet's kernel, built from its parameters: `W'[o] = a[o] I[o] + b[o] W[o] / ‖W[o]‖`.
///
/// `I` is one at the centre of each group's diagonal, as far as the group has both an input and an
/// output there. Computed in double, rounded once. A filter of zeros stays zero.
public final class DiracKernel {
    private static final int TAPS = 9;
    private static final int CENTRE = 4;

    private DiracKernel() {}

    /// @param shape of the branch's convolution
    /// @return `[out,in/groups,3,3]`
    public static Tensor of(Branch.Dirac branch, ConvShape shape) {
        int filter = shape.inPerGroup() * TAPS;
        float[] kernel = branch.weight().toArray();
        for (int o = 0; o < branch.weight().shape().dimension(0); o++) {
            double squares = 0;
            for (int i = o * filter; i < (o + 1) * filter; i++) {
                squares += (double) kernel[i] * kernel[i];
            }
            double factor = squares == 0 ? 0 : branch.normalisedScale().get(o) / Math.sqrt(squares);
            int diagonal = o % shape.outPerGroup();
            for (int i = 0; i < filter; i++) {
                boolean one = i % TAPS == CENTRE && i / TAPS == diagonal;
                double value = factor * kernel[o * filter + i];
                kernel[o * filter + i] =
                        (float) (value + (one ? branch.identityScale().get(o) : 0));
            }
        }
        return Tensor.ofOwned(Shape.of(shape.out(), shape.inPerGroup(), 3, 3), kernel);
    }
}
