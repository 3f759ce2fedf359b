package org.repvgg.train.java;

import org.repvgg.kernel.MatrixKernels.Rows;
import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.BranchSpec;

/// A convolution and its batch norm.
///
/// Pixel by pixel its products are matrices times matrices, with `X`, `Y` `[images,channels]` and
/// `W` `[in,out]` of a tap, each summed over the meetings of input `q` and output `p` through a
/// tap:
///
/// - forward `Y(p) = Σ X(q) W(tap)`
/// - weight gradient `dW(tap) = Σ X(q)ᵀ dY(p)`
/// - input gradient `dX(q) = Σ dY(p) W(tap)ᵀ`, done by the block for all branches together
final class ConvolutionBranch {
    private final StepContext context;
    private final Maps output;
    private final Rows x;
    private final Rows y;
    private final int yAt;
    private final Panels panels;
    private final int weightAt;
    private final int[][] forward;
    private final int[][] weightGradient;
    private final float[] sums;
    private final float[] squares;
    private final BatchStatistics norm;

    /// @param name `stage1.0.rbr_dense`
    /// @param x the input's maps
    /// @param y the maps of the block's branches; this one's begin at `yAt`
    ConvolutionBranch(
            StepContext context,
            String name,
            BlockSpec block,
            BranchSpec.Convolution kernel,
            Maps input,
            float[] x,
            Maps output,
            float[] y,
            int yAt) {
        this.context = context;
        this.output = output;
        this.x = new Rows(x, input.channels());
        this.y = new Rows(y, output.channels());
        this.yAt = yAt;
        this.panels = context.parameters.panels(name + ".conv.weight");
        this.weightAt = context.parameters.at(name + ".conv.weight");
        var byOutput = new Segments(output.pixels());
        var byTap = new Segments(panels.taps());
        for (Meeting meeting :
                Meeting.of(input, output, block.stride(), kernel.height(), kernel.width())) {
            int xAt = meeting.in() * input.plane();
            byOutput.add(meeting.out(), xAt, panels.tapAt(meeting.tap()));
            byTap.add(meeting.tap(), xAt, yAt(meeting.out()));
        }
        this.forward = byOutput.build();
        this.weightGradient = byTap.build();
        this.sums = new float[output.pixels() * output.channels()];
        this.squares = sums.clone();
        this.norm = new BatchStatistics(context.parameters, name + ".bn", block.out(), output);
    }

    BatchStatistics norm() {
        return norm;
    }

    Panels panels() {
        return panels;
    }

    /// Where pixel `pixel` of `Y` begins in the maps of the block's branches.
    int yAt(int pixel) {
        return yAt + pixel * output.plane();
    }

    /// Adds `Y` to a phase, with its sums while it is in the cache.
    void planForward(Phase phase) {
        phase.addTiles(
                panels.count(), output.pixels(), panels.work(output.images()), this::forward);
    }

    private void forward(int panel, int from, int to, int images) {
        int channel = panel * panels.width();
        int width = panels.computed(panel);
        for (int pixel = from; pixel < to; pixel++) {
            int at = yAt(pixel) + channel;
            context.matrix.multiply(
                    x,
                    context.parameters.weights,
                    weightAt + panels.at(panel),
                    forward[pixel],
                    panels.in(),
                    y,
                    at,
                    images,
                    width,
                    false);
            context.training.moments(
                    y, at, images, width, sums, squares, pixel * output.channels() + channel);
        }
    }

    /// To be called when `Y` is there.
    void normalise(int images) {
        norm.normalise(sums, squares, output.pixels(), (long) output.pixels() * images);
    }

    /// Adds `dW` to a phase, from `dY` in the place of `Y`.
    void planWeightGradient(Phase phase) {
        for (int panel = 0; panel < panels.count(); panel++) {
            for (int tap = 0; tap < panels.taps(); tap++) {
                int own = panel;
                int one = tap;
                phase.add(images -> weightGradient(own, one, images));
            }
        }
    }

    private void weightGradient(int panel, int tap, int images) {
        context.matrix.multiplyTransposed(
                x,
                y,
                panel * panels.width(),
                weightGradient[tap],
                images,
                new Rows(context.parameters.gradients, panels.width()),
                weightAt + panels.at(panel) + panels.tapAt(tap),
                panels.in(),
                panels.computed(panel));
    }

    /// Adds the transposed kernel to a phase.
    ///
    /// @param target layout of the kernels of all branches, this one's taps from `firstTap` on
    void planTranspose(Phase phase, Panels target, int firstTap) {
        for (int panel = 0; panel < target.count(); panel++) {
            for (int tap = 0; tap < panels.taps(); tap++) {
                int own = panel;
                int one = tap;
                phase.add(
                        _ ->
                                panels.transpose(
                                        context.parameters.weights,
                                        weightAt,
                                        one,
                                        context.transposed,
                                        target,
                                        firstTap + one,
                                        own));
            }
        }
    }
}
