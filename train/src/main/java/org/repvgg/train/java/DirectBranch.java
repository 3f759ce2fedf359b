package org.repvgg.train.java;

import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;

/// A convolution as it is defined: every tap of every pixel is a product.
final class DirectBranch extends ConvolutionBranch {
    private final StepContext context;
    private final Kernel kernel;
    private final Products products;

    DirectBranch(
            StepContext context,
            String name,
            BlockSpec block,
            BranchSpec.Convolution shape,
            Operand x,
            Operand y,
            ChannelMap map) {
        super(y, map, y.maps().pixels());
        this.context = context;
        this.kernel = Kernel.of(context.parameters, name + ".conv.weight");
        this.products =
                new Products(
                        context.matrix,
                        Meeting.of(
                                x.maps(), y.maps(), block.stride(), shape.height(), shape.width()),
                        x,
                        kernel,
                        y);
    }

    @Override
    void plan(BlockPhases phases) {
        products.planForward(phases.convolve(), this::sum);
        products.planWeightGradient(phases.multiply());
    }

    private void sum(int pixel, int channel, int width, int images) {
        int at = pixel * y.maps().channels() + channel;
        context.training.moments(y.rows(), y.at(pixel) + channel, images, width, sums, squares, at);
    }

    @Override
    void planInputGradient(
            BlockPhases phases, Panels transposed, int firstTap, Segments byInput, Operand target) {
        products.planTranspose(phases.differentiate(), context.transposed, transposed, firstTap);
        products.addInputGradient(byInput, transposed, firstTap);
    }

    @Override
    int taps() {
        return kernel.panels().taps();
    }
}
