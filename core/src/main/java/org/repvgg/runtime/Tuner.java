package org.repvgg.runtime;

import static org.repvgg.tensor.Checks.checkArgument;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.repvgg.kernel.Kernels;
import org.repvgg.kernel.Winograd;
import org.repvgg.model.PlainModel;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Finds the fastest algorithm for each convolution by running whole passes.
///
/// Each algorithm in turn computes all convolutions that it can, while every step is timed among
/// its neighbours, with the caches as they leave them. Each convolution then gets what was fastest
/// for it. The whole is measured against what [ConvChoice] estimates and kept if it is faster. This
/// takes some ten seconds a size, more for networks whose passes take longer than a tenth of one.
public final class Tuner {
    /// For each algorithm; Java compiles meanwhile.
    private static final Duration WARM_UP = Duration.ofMillis(700);

    private static final Duration TURN = Duration.ofMillis(400);
    private static final int FEWEST_PASSES = 5;

    /// Of the two plans at the end, in turn.
    private static final int ROUNDS = 5;

    private final PlainModel model;
    private final Kernels kernels;
    private final WorkerPool pool;
    private final Duration warmUp;
    private final Duration turn;

    private Tuner(
            PlainModel model, Kernels kernels, WorkerPool pool, Duration warmUp, Duration turn) {
        this.model = model;
        this.kernels = kernels;
        this.pool = pool;
        this.warmUp = warmUp;
        this.turn = turn;
    }

    /// Tunes `model` for images of each of the shapes; nothing else should run meanwhile.
    ///
    /// @param options of the runtime that will run it; its own plan does not matter
    /// @param images `[n,c,h,w]`
    /// @return a plan for [RuntimeOptions#withPlan]
    public static TunedPlan tune(PlainModel model, RuntimeOptions options, List<Shape> images) {
        return tune(model, options, images, WARM_UP, TURN);
    }

    static TunedPlan tune(
            PlainModel model,
            RuntimeOptions options,
            List<Shape> images,
            Duration warmUp,
            Duration turn) {
        Kernels kernels = Kernels.fastest();
        try (var pool = new WorkerPool(options.threads())) {
            var tuner = new Tuner(model, kernels, pool, warmUp, turn);
            List<TunedPlan.Size> sizes = new ArrayList<>();
            for (Shape shape : images) {
                checkArgument(
                        shape.rank() == 4
                                && shape.elements() > 0
                                && shape.dimension(1) == model.spec().inputChannels(),
                        "images are %s, the network wants [n,%s,h,w]",
                        shape,
                        model.spec().inputChannels());
                sizes.add(tuner.tune(shape));
            }
            return new TunedPlan(kernels.name(), options.threads(), sizes);
        }
    }

    private TunedPlan.Size tune(Shape shape) {
        Program program = PlainProgram.compile(model, kernels); // its packed weights go with it
        int height = shape.dimension(2);
        int width = shape.dimension(3);
        int images = WorkspaceCache.chunk(program, shape, pool);
        var measured = new Measured(program, height, width, images);
        measured.tryOut(Optional.empty());
        for (Winograd algorithm : Winograd.values()) {
            measured.tryOut(Optional.of(algorithm));
        }
        List<Optional<Winograd>> fastest = measured.fastest();
        Workspace estimated = new Workspace(program, height, width, images, pool);
        Workspace tuned = measured.workspace(ConvChoice.given(fastest, kernels.matrix().lanes()));
        return new TunedPlan.Size(
                images,
                height,
                width,
                measured.isFaster(tuned, estimated) ? tuned.algorithms() : estimated.algorithms());
    }

    /// One batch and image size.
    private final class Measured {
        private final Program program;
        private final int height;
        private final int width;
        private final int images;
        private final List<List<Optional<Winograd>>> candidates = new ArrayList<>();
        private final List<long[]> nanos = new ArrayList<>(); // of each candidate's convolutions

        Measured(Program program, int height, int width, int images) {
            this.program = program;
            this.height = height;
            this.width = width;
            this.images = images;
        }

        Workspace workspace(ConvChooser chooser) {
            return new Workspace(program, height, width, images, pool, chooser);
        }

        void tryOut(Optional<Winograd> algorithm) {
            int lanes = kernels.matrix().lanes();
            Workspace workspace = workspace(ConvChoice.wherePossible(algorithm, lanes));
            long[] steps = new long[program.steps().size()];
            repeat(warmUp, workspace, steps);
            Arrays.fill(steps, Long.MAX_VALUE);
            repeat(turn, workspace, steps);
            candidates.add(workspace.algorithms());
            nanos.add(convolutions(steps));
        }

        /// Of each convolution, the algorithm of the candidate that was fastest there.
        List<Optional<Winograd>> fastest() {
            List<Optional<Winograd>> fastest = new ArrayList<>();
            for (int conv = 0; conv < candidates.getFirst().size(); conv++) {
                int best = 0;
                for (int candidate = 1; candidate < candidates.size(); candidate++) {
                    if (nanos.get(candidate)[conv] < nanos.get(best)[conv]) {
                        best = candidate;
                    }
                }
                fastest.add(candidates.get(best).get(conv));
            }
            return fastest;
        }

        boolean isFaster(Workspace one, Workspace other) {
            if (one.algorithms().equals(other.algorithms())) {
                return false;
            }
            long[] steps = new long[program.steps().size()];
            long fastestOne = Long.MAX_VALUE;
            long fastestOther = Long.MAX_VALUE;
            for (int round = 0; round < ROUNDS; round++) {
                fastestOne = Math.min(fastestOne, repeat(turn, one, steps));
                fastestOther = Math.min(fastestOther, repeat(turn, other, steps));
            }
            return fastestOne < fastestOther;
        }

        /// Runs passes for a while.
        ///
        /// @param steps shortest time of each step so far, lowered where it was shorter
        /// @return nanoseconds of the fastest pass
        private long repeat(Duration time, Workspace workspace, long[] steps) {
            int channels = program.registers().getFirst().channels();
            Tensor noise = WarmUp.noise(Shape.of(images, channels, height, width));
            StepRunner runner = workspace.runner();
            runner.run(noise, 0, images, ObservedBlocks.NONE);
            return runner.time(steps, time, FEWEST_PASSES);
        }

        private long[] convolutions(long[] steps) {
            long[] convolutions = new long[candidates.getFirst().size()];
            int next = 0;
            for (int step = 0; step < steps.length; step++) {
                if (program.steps().get(step) instanceof Step.Convolve) {
                    convolutions[next++] = steps[step];
                }
            }
            return convolutions;
        }
    }
}
