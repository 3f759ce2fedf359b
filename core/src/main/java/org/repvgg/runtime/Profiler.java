package org.repvgg.runtime;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.repvgg.kernel.ConvShape;
import org.repvgg.kernel.FeatureMaps;
import org.repvgg.kernel.Kernels;
import org.repvgg.kernel.Winograd;
import org.repvgg.model.PlainModel;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Tells where the time of a pass goes, step by step, within whole passes.
public final class Profiler {
    private static final Duration WARM_UP = Duration.ofSeconds(2);
    private static final Duration MEASURE = Duration.ofSeconds(1);
    private static final int FEWEST_PASSES = 5;

    private Profiler() {}

    /// One step of the plain form.
    ///
    /// @param what it does: `3x3, 48 to 96, stride 2`, `mean`
    /// @param output size of its maps, `56x56`
    /// @param algorithm `direct`, `F4` and so on for convolutions; empty for others
    /// @param nanos the shortest time that it took
    /// @param multiplyAdds of direct convolution, border taps included; 0 for other steps
    public record Row(
            String what, String output, String algorithm, long nanos, double multiplyAdds) {
        /// A multiply-add counts two.
        public double gigaflops() {
            return 2 * multiplyAdds / nanos;
        }
    }

    /// Profiles passes of `images`, `[n,c,h,w]`; nothing else should run meanwhile.
    public static List<Row> profile(PlainModel model, RuntimeOptions options, Shape images) {
        Program program = PlainProgram.compile(model, Kernels.fastest());
        if (options.plan() != null) {
            program = program.withPlan(options.plan());
        }
        try (var pool = new WorkerPool(options.threads())) {
            int height = images.dimension(2);
            int width = images.dimension(3);
            int count = WorkspaceCache.chunk(program, images, pool);
            Workspace workspace = new Workspace(program, height, width, count, pool);
            Tensor noise = WarmUp.noise(Shape.of(count, images.dimension(1), height, width));
            long[] steps = new long[program.steps().size()];
            workspace.runner().run(noise, 0, count, ObservedBlocks.NONE);
            long _ = workspace.runner().time(steps, WARM_UP, FEWEST_PASSES);
            Arrays.fill(steps, Long.MAX_VALUE);
            long _ = workspace.runner().time(steps, MEASURE, FEWEST_PASSES);
            return rows(program, workspace, steps);
        }
    }

    private static List<Row> rows(Program program, Workspace workspace, long[] nanos) {
        List<Row> rows = new ArrayList<>();
        int convolution = 0;
        for (int index = 0; index < nanos.length; index++) {
            switch (program.steps().get(index)) {
                case Step.Convolve step -> {
                    String algorithm =
                            workspace
                                    .algorithms()
                                    .get(convolution++)
                                    .map(Winograd::name)
                                    .orElse("direct");
                    rows.add(convolution(step, workspace, algorithm, nanos[index]));
                }
                case Step.BlockOutput _ -> {} // a mark that costs nothing
                case Step other -> {
                    FeatureMaps maps = workspace.maps(other.registers().getLast());
                    String name = other.getClass().getSimpleName().toLowerCase(Locale.ROOT);
                    rows.add(new Row(name, size(maps), "", nanos[index], 0));
                }
            }
        }
        return rows;
    }

    private static Row convolution(
            Step.Convolve step, Workspace workspace, String algorithm, long nanos) {
        ConvShape shape = step.conv().shape();
        FeatureMaps to = workspace.maps(step.to());
        double pixels = (double) to.images() * to.height() * to.width();
        return new Row(
                "%sx%s, %s to %s, stride %s%s"
                        .formatted(
                                shape.height(),
                                shape.width(),
                                shape.in(),
                                shape.out(),
                                shape.stride(),
                                shape.groups() == 1 ? "" : ", " + shape.groups() + " groups"),
                size(to),
                algorithm,
                nanos,
                pixels * shape.terms() * shape.out());
    }

    private static String size(FeatureMaps maps) {
        return maps.height() + "x" + maps.width();
    }
}
