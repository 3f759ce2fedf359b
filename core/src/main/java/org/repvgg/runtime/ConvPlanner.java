package org.repvgg.runtime;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.repvgg.kernel.ConvPlan;
import org.repvgg.kernel.ConvShape;
import org.repvgg.kernel.ConvTask;
import org.repvgg.kernel.FeatureMaps;
import org.repvgg.kernel.Kernels;
import org.repvgg.kernel.PackedConv;
import org.repvgg.kernel.TileBuffers;
import org.repvgg.kernel.Winograd;
import org.repvgg.kernel.WinogradTask;
import org.repvgg.runtime.Program.Register;

/// Plans the convolutions of a [Program] on the maps of a [Workspace].
final class ConvPlanner {
    private final Program program;
    private final Kernels kernels;
    private final IntFunction<FeatureMaps> maps;
    private final int images;
    private final int threads;
    private final ConvChooser chooser;
    private final List<Optional<Winograd>> algorithms = new ArrayList<>();
    private final Map<PlanKey, ConvPlan> plans = new HashMap<>();
    private final PackingMemory packing = new PackingMemory(); // where weights are repacked

    /// @param maps of each register
    /// @param images most in a pass
    ConvPlanner(
            Program program,
            IntFunction<FeatureMaps> maps,
            int images,
            int threads,
            ConvChooser chooser) {
        this.program = program;
        this.kernels = program.kernels();
        this.maps = maps;
        this.images = images;
        this.threads = threads;
        this.chooser = chooser;
    }

    /// Layers of one shape on maps of one shape share a plan.
    private record PlanKey(ConvShape conv, Register from, Register to) {}

    /// The convolution of each step; null where a step is something else.
    @Nullable PlannedConv[] plan() {
        @Nullable PlannedConv[] planned = new PlannedConv[program.steps().size()];
        Map<Integer, WinogradTask> transformed = new TreeMap<>();
        for (int s = 0; s < planned.length; s++) {
            if (program.steps().get(s) instanceof Step.Convolve step) {
                ConvPlan plan = plan(step);
                Optional<Winograd> algorithm = choose(step, plan);
                algorithms.add(algorithm);
                if (algorithm.isPresent()) {
                    transformed.put(s, transformed(step, algorithm.get()));
                } else {
                    planned[s] = direct(step, plan);
                }
            }
        }
        List<TileBuffers> buffers = new ArrayList<>();
        for (int thread = 0; thread < threads; thread++) {
            buffers.add(new TileBuffers(kernels, transformed.values()));
        }
        transformed.forEach(
                (s, task) -> planned[s] = new TransformedConv(kernels, task, images, buffers));
        return planned;
    }

    /// The algorithm of each convolution, once they are planned; empty for direct ones.
    List<Optional<Winograd>> algorithms() {
        return algorithms;
    }

    private ConvPlan plan(Step.Convolve step) {
        ConvShape shape = step.conv().shape();
        List<Register> registers = program.registers();
        return plans.computeIfAbsent(
                new PlanKey(shape, registers.get(step.from()), registers.get(step.to())),
                _ -> new ConvPlan(shape, maps.apply(step.from()), maps.apply(step.to())));
    }

    private PlannedConv direct(Step.Convolve step, ConvPlan plan) {
        ConvWeights weights = step.conv();
        return program.repacks()
                ? new RepackedConv(() -> direct(step, plan, weights.direct(packing)))
                : direct(step, plan, weights.direct());
    }

    private PlannedConv direct(Step.Convolve step, ConvPlan plan, PackedConv packed) {
        return new DirectConv(kernels.conv(), task(step, plan, packed), threads);
    }

    private ConvTask task(Step.Convolve step, ConvPlan plan, PackedConv packed) {
        return new ConvTask(
                packed, plan, maps.apply(step.from()), maps.apply(step.to()), step.activation());
    }

    private WinogradTask transformed(Step.Convolve step, Winograd algorithm) {
        FeatureMaps to = maps.apply(step.to());
        int tiles = ConvChoice.tiles(algorithm, to);
        return new WinogradTask(
                step.conv().transformed(algorithm),
                maps.apply(step.from()),
                to,
                step.activation(),
                ConvChoice.capacity(algorithm, step.conv().shape(), tiles));
    }

    /// The chosen algorithm, if its weights are at hand or fit into memory; empty for direct
    /// convolution.
    private Optional<Winograd> choose(Step.Convolve step, ConvPlan plan) {
        ConvWeights weights = step.conv();
        FeatureMaps to = maps.apply(step.to());
        return chooser.choose(algorithms.size(), plan, weights.shape(), to)
                .filter(
                        algorithm ->
                                weights.isTransformed(algorithm)
                                        || program.transformed()
                                                .take(algorithm.bytes(weights.shape())));
    }
}
