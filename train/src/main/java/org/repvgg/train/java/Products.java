package org.repvgg.train.java;

import java.util.List;
import org.repvgg.kernel.MatrixKernels;
import org.repvgg.kernel.MatrixKernels.Rows;

/// The matrix products of a convolution, pixel by pixel, with `X`, `Y` `[images,channels]` and `W`
/// `[in,out]` of a tap, each summed over the meetings of input `q` and output `p` through a tap:
///
/// - forward `Y(p) = Σ X(q) W(tap)`
/// - weight gradient `dW(tap) = Σ X(q)ᵀ dY(p)`
/// - input gradient `dX(q) = Σ dY(p) W(tap)ᵀ`
final class Products {
    private final MatrixKernels matrix;
    private final List<Meeting> meetings;
    private final Operand x;
    private final Kernel kernel;
    private final Operand y;
    private final Rows xRows;
    private final Rows yRows;
    private final int[][] forward;
    private final int[][] weightGradient;

    /// @param y also where `dY` will be
    Products(MatrixKernels matrix, List<Meeting> meetings, Operand x, Kernel kernel, Operand y) {
        this.matrix = matrix;
        this.meetings = meetings;
        this.x = x;
        this.kernel = kernel;
        this.y = y;
        this.xRows = x.rows();
        this.yRows = y.rows();
        Panels panels = kernel.panels();
        var byOutput = new Segments(y.maps().pixels());
        var byTap = new Segments(panels.taps());
        for (Meeting meeting : meetings) {
            byOutput.add(meeting.out(), x.at(meeting.in()), panels.tapAt(meeting.tap()));
            byTap.add(meeting.tap(), x.at(meeting.in()), y.at(meeting.out()));
        }
        this.forward = byOutput.build();
        this.weightGradient = byTap.build();
    }

    /// What is done with a panel's channels of a pixel while they are in the cache.
    @FunctionalInterface
    interface Then {
        void done(int pixel, int channel, int width, int images);
    }

    /// Adds `Y` to a phase.
    void planForward(Phase phase, Then then) {
        Panels panels = kernel.panels();
        phase.addTiles(
                panels.taps() == 1 ? Work.FORWARD_1X1 : Work.FORWARD_3X3,
                panels,
                y.maps().pixels(),
                panels.work(y.maps().images())
                        * meetings.size()
                        / y.maps().pixels()
                        / panels.taps(),
                (panel, from, to, images) -> {
                    int channel = panel * panels.width();
                    int width = panels.computed(panel);
                    for (int pixel = from; pixel < to; pixel++) {
                        matrix.multiply(
                                xRows,
                                kernel.weights(),
                                kernel.at() + panels.at(panel),
                                forward[pixel],
                                panels.in(),
                                yRows,
                                y.at(pixel) + channel,
                                images,
                                width,
                                false);
                        then.done(pixel, channel, width, images);
                    }
                });
    }

    /// Adds `dW` to a phase.
    void planWeightGradient(Phase phase) {
        Panels panels = kernel.panels();
        for (int tap = 0; tap < panels.taps(); tap++) {
            for (int panel = 0; panel < panels.count(); panel++) {
                int own = panel;
                int one = tap;
                long work =
                        (long) weightGradient[tap].length
                                / 2
                                * y.maps().images()
                                * panels.in()
                                * panels.computed(panel);
                phase.add(Work.WEIGHT_GRADIENT, work, images -> weightGradient(own, one, images));
            }
        }
    }

    private void weightGradient(int panel, int tap, int images) {
        Panels panels = kernel.panels();
        matrix.multiplyTransposed(
                xRows,
                yRows,
                panel * panels.width(),
                weightGradient[tap],
                images,
                new Rows(kernel.gradients(), panels.width()),
                kernel.at() + panels.at(panel) + panels.tapAt(tap),
                panels.in(),
                panels.computed(panel));
    }

    /// Adds the transposed kernel to a phase.
    ///
    /// @param target layout of `transposed`, this kernel's taps from `firstTap` on
    void planTranspose(Phase phase, float[] transposed, Panels target, int firstTap) {
        Panels panels = kernel.panels();
        for (int panel = 0; panel < panels.count(); panel++) {
            for (int tap = 0; tap < panels.taps(); tap++) {
                int own = panel;
                int one = tap;
                phase.add(
                        Work.TRANSPOSE,
                        0,
                        _ ->
                                panels.transpose(
                                        kernel.weights(),
                                        kernel.at(),
                                        own,
                                        one,
                                        transposed,
                                        target,
                                        firstTap + one));
            }
        }
    }

    /// Adds the terms of `dX` to sums by input pixel, with the kernel as [#planTranspose] lays it
    /// out.
    void addInputGradient(Segments byInput, Panels target, int firstTap) {
        for (Meeting meeting : meetings) {
            byInput.add(meeting.in(), y.at(meeting.out()), target.tapAt(firstTap + meeting.tap()));
        }
    }

    /// Adds `dX` to a phase.
    ///
    /// @param y holds the output gradients that `byInput` names
    /// @param transposed kernels in `panels`
    /// @param add whether `target` has a part of the sums already
    static void planInputGradient(
            MatrixKernels matrix,
            Phase phase,
            Rows y,
            Segments byInput,
            float[] transposed,
            Panels panels,
            Operand target,
            boolean add) {
        int[][] segments = byInput.build();
        int terms = 0;
        for (int[] pairs : segments) {
            terms += pairs.length / 2;
        }
        Rows sums = target.rows();
        phase.addTiles(
                Work.INPUT_GRADIENT,
                panels,
                target.maps().pixels(),
                panels.work(target.maps().images()) * terms / segments.length / panels.taps(),
                (panel, from, to, images) -> {
                    for (int pixel = from; pixel < to; pixel++) {
                        matrix.multiply(
                                y,
                                transposed,
                                panels.at(panel),
                                segments[pixel],
                                panels.in(),
                                sums,
                                target.at(pixel) + panel * panels.width(),
                                images,
                                panels.computed(panel),
                                add);
                    }
                });
    }
}
