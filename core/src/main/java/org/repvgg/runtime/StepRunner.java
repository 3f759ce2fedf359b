package org.repvgg.runtime;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.repvgg.kernel.ChannelKernels;
import org.repvgg.kernel.FeatureMaps;
import org.repvgg.tensor.Tensor;

/// Passes of a [Program] over the first images of a [Workspace], made once and run again and again:
/// a pass takes no memory. Used by one thread at a time.
final class StepRunner {
    /// Multiply-adds below which a convolution stays on the caller's thread: some ten microseconds
    /// of work.
    private static final double ALONE = 1e6;

    private static final float[] NOTHING = {};

    private final Workspace workspace;
    private final WorkerPool pool;
    private final ChannelKernels kernels;
    private final Read read;
    private final List<Action> actions = new ArrayList<>();
    private int first;
    private int images;

    StepRunner(Program program, Workspace workspace, WorkerPool pool) {
        this.workspace = workspace;
        this.pool = pool;
        this.kernels = program.kernels().channel();
        this.read = new Read(workspace.maps(0));
        for (int index = 0; index < program.steps().size(); index++) {
            actions.add(action(index, program.steps().get(index)));
        }
    }

    /// A step, ready to run on [#images] images.
    @FunctionalInterface
    private interface Action {
        void run(ObservedBlocks observed);
    }

    /// Runs the program on some images of a batch.
    ///
    /// @param batch `[n,c,h,w]` of the workspace's size
    /// @param from number of the first image
    /// @param count how many, at most the workspace's capacity
    void run(Tensor batch, int from, int count, ObservedBlocks observed) {
        first = from;
        images = count;
        read.run(batch);
        for (int index = 0; index < actions.size(); index++) {
            actions.get(index).run(observed);
        }
    }

    /// Runs the program once more on the images of the last [#run] and takes the time.
    ///
    /// @param shortest nanoseconds of each step so far, lowered where it was shorter
    /// @return nanoseconds of all steps
    long time(long[] shortest) {
        long sum = 0;
        for (int index = 0; index < shortest.length; index++) {
            long start = System.nanoTime();
            actions.get(index).run(ObservedBlocks.NONE);
            long nanos = System.nanoTime() - start;
            shortest[index] = Math.min(shortest[index], nanos);
            sum += nanos;
        }
        return sum;
    }

    /// Likewise again and again, for `time` and `passes` passes at least.
    ///
    /// @return nanoseconds of the fastest pass
    long time(long[] shortest, Duration time, int passes) {
        long fastest = Long.MAX_VALUE;
        long end = System.nanoTime() + time.toNanos();
        for (int pass = 0; pass < passes || System.nanoTime() < end; pass++) {
            fastest = Math.min(fastest, time(shortest));
        }
        return fastest;
    }

    private Action action(int index, Step step) {
        return switch (step) {
            case Step.Convolve _ -> new Convolve(workspace.conv(index));
            case Step.Affine affine -> affine(affine);
            case Step.AddAffine affine -> addAffine(affine);
            case Step.Add add -> add(add);
            case Step.Relu relu -> relu(relu);
            case Step.Mean mean -> new Mean(workspace.maps(mean.from()), workspace.maps(mean.to()));
            case Step.Sigmoid sigmoid -> _ -> sigmoid(workspace.maps(sigmoid.at()));
            case Step.Multiply multiply -> multiply(multiply);
            case Step.BlockOutput(int block, int at) ->
                    observed -> observed.show(block, workspace.maps(at), first, images);
        };
    }

    private final class Convolve implements Action, WorkerPool.Piece {
        private final PlannedConv conv;

        Convolve(PlannedConv conv) {
            this.conv = conv;
        }

        @Override
        public void run(ObservedBlocks observed) {
            conv.prepare();
            int pieces = conv.pieces(images);
            if (conv.work(images) < ALONE) {
                for (int piece = 0; piece < pieces; piece++) {
                    conv.run(images, piece, 0);
                }
            } else {
                pool.run(pieces, this);
            }
        }

        @Override
        public void run(int piece, int thread) {
            conv.run(images, piece, thread);
        }
    }

    /// Does something to one row of maps.
    @FunctionalInterface
    private interface Row {
        void run(int image, int y);
    }

    private Action rows(FeatureMaps maps, Row row) {
        int height = maps.height();
        var rows =
                new Rows(
                        pool,
                        maps.width() * maps.channels(),
                        (from, to) -> {
                            for (int i = from; i < to; i++) {
                                row.run(i / height, i % height);
                            }
                        });
        return _ -> rows.run(images * height);
    }

    /// Copies images in: planes become channels last.
    private final class Read {
        private final FeatureMaps maps;
        private final Rows rows;
        private float[] planes = NOTHING;

        Read(FeatureMaps maps) {
            this.maps = maps;
            this.rows = new Rows(pool, maps.width() * maps.channels(), this::rows);
        }

        void run(Tensor batch) {
            planes = batch.unsafeArray();
            rows.run(images * maps.height());
            planes = NOTHING; // it is the caller's
        }

        private void rows(int from, int to) {
            int height = maps.height();
            int plane = height * maps.width();
            for (int row = from; row < to; row++) {
                int image = row / height;
                int y = row % height;
                int at = (first + image) * maps.channels() * plane + y * maps.width();
                maps.readRow(planes, at, plane, image, y);
            }
        }
    }

    private Action affine(Step.Affine step) {
        FeatureMaps from = workspace.maps(step.from());
        FeatureMaps to = workspace.maps(step.to());
        return rows(
                to,
                (image, y) ->
                        kernels.affine(
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

    private Action addAffine(Step.AddAffine step) {
        FeatureMaps from = workspace.maps(step.from());
        FeatureMaps to = workspace.maps(step.to());
        return rows(
                to,
                (image, y) ->
                        kernels.addAffine(
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

    private Action add(Step.Add step) {
        FeatureMaps from = workspace.maps(step.from());
        FeatureMaps to = workspace.maps(step.to());
        return rows(
                to,
                (image, y) ->
                        kernels.add(
                                from.unsafeArray(),
                                from.offset(image, y, 0),
                                to.unsafeArray(),
                                to.offset(image, y, 0),
                                to.width() * to.channels()));
    }

    private Action relu(Step.Relu step) {
        FeatureMaps maps = workspace.maps(step.at());
        return rows(
                maps,
                (image, y) ->
                        kernels.relu(
                                maps.unsafeArray(),
                                maps.offset(image, y, 0),
                                maps.width() * maps.channels()));
    }

    private Action multiply(Step.Multiply step) {
        FeatureMaps gain = workspace.maps(step.gain());
        FeatureMaps maps = workspace.maps(step.at());
        return rows(
                maps,
                (image, y) ->
                        kernels.multiply(
                                gain.unsafeArray(),
                                gain.offset(image, 0, 0),
                                maps.unsafeArray(),
                                maps.offset(image, y, 0),
                                maps.width(),
                                maps.channels()));
    }

    /// Sums each row, then the rows: the rounding error grows with `width + height`, not with their
    /// product.
    private final class Mean implements Action {
        private final FeatureMaps from;
        private final FeatureMaps to;
        private final Rows rows;
        private final float[] sums; // of a row of each image

        Mean(FeatureMaps from, FeatureMaps to) {
            this.from = from;
            this.to = to;
            this.sums = new float[workspace.capacity * from.channels()];
            int floats = from.height() * from.width() * from.channels();
            this.rows = new Rows(pool, floats, this::images);
        }

        @Override
        public void run(ObservedBlocks observed) {
            rows.run(images);
        }

        private void images(int begin, int end) {
            int channels = from.channels();
            float pixels = (float) from.height() * from.width();
            for (int image = begin; image < end; image++) {
                int row = image * channels;
                int at = to.offset(image, 0, 0);
                Arrays.fill(to.unsafeArray(), at, at + channels, 0);
                for (int y = 0; y < from.height(); y++) {
                    Arrays.fill(sums, row, row + channels, 0);
                    int x = from.offset(image, y, 0);
                    kernels.sum(from.unsafeArray(), x, from.width(), channels, sums, row);
                    kernels.add(sums, row, to.unsafeArray(), at, channels);
                }
                for (int c = at; c < at + channels; c++) {
                    to.unsafeArray()[c] /= pixels;
                }
            }
        }
    }

    private void sigmoid(FeatureMaps maps) {
        float[] data = maps.unsafeArray();
        for (int i = 0; i < images * maps.channels(); i++) {
            data[i] = (float) (1 / (1 + Math.exp(-data[i])));
        }
    }
}
