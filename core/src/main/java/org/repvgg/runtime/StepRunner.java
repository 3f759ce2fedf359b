package org.repvgg.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.repvgg.kernel.ChannelKernels;
import org.repvgg.kernel.ConvKernels;
import org.repvgg.kernel.ConvPlan.Region;
import org.repvgg.kernel.ConvShape;
import org.repvgg.kernel.ConvTask;
import org.repvgg.kernel.FeatureMaps;
import org.repvgg.kernel.PackedConv.Block;

/// One pass of a [Program] over the first images of a [Workspace].
final class StepRunner {
    private static final int PIECES_PER_THREAD = 4;

    /// Multiply-adds below which a convolution stays on the caller's thread: some ten microseconds
    /// of work.
    private static final double ALONE = 1e6;

    /// Bytes of input that one piece of a convolution reads, so that it stays in the cache for all
    /// its blocks of channels.
    private static final int PIECE_BYTES = 512 * 1024;

    /// Pieces are a multiple of this many pixels: a multiple of the register tiles' 7 and 12.
    private static final int PIXEL_STEP = 84;

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
            switch (program.steps().get(index)) {
                case Step.Convolve _ -> convolve(workspace.task(index));
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
    }

    /// Output channels of `block` at pixels `[from,to)` of `region`.
    private record Piece(Region region, Block block, int from, int to) {}

    private void convolve(ConvTask task) {
        ConvKernels kernels = program.kernels().conv();
        List<Piece> pieces = pieces(task);
        if (work(task) < ALONE) {
            for (Piece piece : pieces) {
                kernels.convolve(task, piece.block, piece.region, piece.from, piece.to);
            }
            return;
        }
        pool.run(
                pieces.size(),
                i -> {
                    Piece piece = pieces.get(i);
                    kernels.convolve(task, piece.block, piece.region, piece.from, piece.to);
                });
    }

    /// Multiply-adds of the whole.
    private double work(ConvTask task) {
        double terms = 0;
        for (Region region : task.plan().regions()) {
            terms += (double) images * region.perImage() * region.terms();
        }
        return terms * task.conv().shape().out();
    }

    /// Pixels outside, blocks inside: neighbours share their input, and every block's weights stay
    /// cached for a while.
    private List<Piece> pieces(ConvTask task) {
        ConvShape shape = task.conv().shape();
        List<Block> blocks = task.conv().blocks();
        long cached =
                PIECE_BYTES / ((long) Float.BYTES * shape.in() * shape.stride() * shape.stride());
        List<Piece> pieces = new ArrayList<>();
        for (Region region : task.plan().regions()) {
            int pixels = images * region.perImage();
            int wanted =
                    pool.threads() == 1
                            ? 1
                            : PIECES_PER_THREAD * pool.threads() / blocks.size() + 1;
            long even = (pixels + wanted - 1) / wanted;
            long size =
                    Math.max(1, (Math.min(even, cached) + PIXEL_STEP - 1) / PIXEL_STEP)
                            * PIXEL_STEP;
            for (int from = 0; from < pixels; from += (int) size) {
                for (Block block : blocks) {
                    pieces.add(new Piece(region, block, from, (int) Math.min(pixels, from + size)));
                }
            }
        }
        return pieces;
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
