package org.repvgg.runtime;

import java.util.Arrays;
import org.repvgg.kernel.ChannelKernels;
import org.repvgg.kernel.FeatureMaps;
import org.repvgg.runtime.Classifier.BlockObserver;

/// One pass of a [Program] over the first images of a [Workspace].
final class StepRunner {
    /// Multiply-adds below which a convolution stays on the caller's thread: some ten microseconds
    /// of work.
    private static final double ALONE = 1e6;

    private final Program program;
    private final ChannelKernels channelKernels;
    private final Workspace workspace;
    private final WorkerPool pool;
    private final int first;
    private final int images;

    /// @param first number of the first image in the whole batch
    /// @param images how many
    StepRunner(Program program, Workspace workspace, WorkerPool pool, int first, int images) {
        this.program = program;
        this.channelKernels = program.kernels().channel();
        this.workspace = workspace;
        this.pool = pool;
        this.first = first;
        this.images = images;
    }

    void run(ObservedBlocks observed) {
        for (int index = 0; index < program.steps().size(); index++) {
            run(index, observed);
        }
    }

    /// Runs unobserved and takes the time.
    ///
    /// @param shortest nanoseconds of each step so far, lowered where it was shorter
    /// @return nanoseconds of all steps
    long time(long[] shortest) {
        ObservedBlocks nobody = new ObservedBlocks(BlockObserver.NONE, images);
        long sum = 0;
        for (int index = 0; index < shortest.length; index++) {
            long start = System.nanoTime();
            run(index, nobody);
            long nanos = System.nanoTime() - start;
            shortest[index] = Math.min(shortest[index], nanos);
            sum += nanos;
        }
        return sum;
    }

    private void run(int index, ObservedBlocks observed) {
        switch (program.steps().get(index)) {
            case Step.Convolve _ -> convolve(workspace.conv(index));
            case Step.Affine step -> affine(step);
            case Step.AddAffine step -> addAffine(step);
            case Step.Add step -> add(step);
            case Step.Relu step -> relu(step);
            case Step.Mean step -> mean(workspace.maps(step.from()), workspace.maps(step.to()));
            case Step.Sigmoid step -> sigmoid(workspace.maps(step.at()));
            case Step.Multiply step -> multiply(step);
            case Step.BlockOutput(int block, int at) ->
                    observed.show(block, workspace.maps(at), first, images);
        }
    }

    private void convolve(PlannedConv conv) {
        int pieces = conv.pieces(images);
        if (conv.work(images) < ALONE) {
            for (int piece = 0; piece < pieces; piece++) {
                conv.run(images, piece, 0);
            }
        } else {
            pool.run(pieces, (piece, thread) -> conv.run(images, piece, thread));
        }
    }

    /// Does something to one row of maps.
    private interface Row {
        void run(int image, int y);
    }

    private void forRows(FeatureMaps maps, Row body) {
        int height = maps.height();
        Rows.run(
                pool,
                images * height,
                maps.width() * maps.channels(),
                (from, to) -> {
                    for (int row = from; row < to; row++) {
                        body.run(row / height, row % height);
                    }
                });
    }

    private void affine(Step.Affine step) {
        FeatureMaps from = workspace.maps(step.from());
        FeatureMaps to = workspace.maps(step.to());
        forRows(
                to,
                (image, y) ->
                        channelKernels.affine(
                                from.unsafeArray(),
                                from.offset(image, y, 0),
                                step.line().scale,
                                step.line().shift,
                                step.activation(),
                                to.unsafeArray(),
                                to.offset(image, y, 0),
                                to.width(),
                                to.channels()));
    }

    private void addAffine(Step.AddAffine step) {
        FeatureMaps from = workspace.maps(step.from());
        FeatureMaps to = workspace.maps(step.to());
        forRows(
                to,
                (image, y) ->
                        channelKernels.addAffine(
                                from.unsafeArray(),
                                from.offset(image, y, 0),
                                step.line().scale,
                                step.line().shift,
                                step.activation(),
                                to.unsafeArray(),
                                to.offset(image, y, 0),
                                to.width(),
                                to.channels()));
    }

    private void add(Step.Add step) {
        FeatureMaps from = workspace.maps(step.from());
        FeatureMaps to = workspace.maps(step.to());
        forRows(
                to,
                (image, y) ->
                        channelKernels.add(
                                from.unsafeArray(),
                                from.offset(image, y, 0),
                                to.unsafeArray(),
                                to.offset(image, y, 0),
                                to.width() * to.channels()));
    }

    private void relu(Step.Relu step) {
        FeatureMaps maps = workspace.maps(step.at());
        forRows(
                maps,
                (image, y) ->
                        channelKernels.relu(
                                maps.unsafeArray(),
                                maps.offset(image, y, 0),
                                maps.width() * maps.channels()));
    }

    private void multiply(Step.Multiply step) {
        FeatureMaps gain = workspace.maps(step.gain());
        FeatureMaps maps = workspace.maps(step.at());
        forRows(
                maps,
                (image, y) ->
                        channelKernels.multiply(
                                gain.unsafeArray(),
                                gain.offset(image, 0, 0),
                                maps.unsafeArray(),
                                maps.offset(image, y, 0),
                                maps.width(),
                                maps.channels()));
    }

    /// Sums each row, then the rows: the rounding error grows with `width + height`, not with their
    /// product.
    private void mean(FeatureMaps from, FeatureMaps to) {
        int channels = from.channels();
        float pixels = (float) from.height() * from.width();
        Rows.run(
                pool,
                images,
                from.height() * from.width() * channels,
                (begin, end) -> {
                    float[] row = new float[channels];
                    for (int image = begin; image < end; image++) {
                        int at = to.offset(image, 0, 0);
                        Arrays.fill(to.unsafeArray(), at, at + channels, 0);
                        for (int y = 0; y < from.height(); y++) {
                            Arrays.fill(row, 0);
                            int x = from.offset(image, y, 0);
                            channelKernels.sum(
                                    from.unsafeArray(), x, from.width(), channels, row, 0);
                            channelKernels.add(row, 0, to.unsafeArray(), at, channels);
                        }
                        for (int c = at; c < at + channels; c++) {
                            to.unsafeArray()[c] /= pixels;
                        }
                    }
                });
    }

    private void sigmoid(FeatureMaps maps) {
        float[] data = maps.unsafeArray();
        for (int i = 0; i < images * maps.channels(); i++) {
            data[i] = (float) (1 / (1 + Math.exp(-data[i])));
        }
    }
}
