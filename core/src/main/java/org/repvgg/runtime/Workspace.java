package org.repvgg.runtime;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.repvgg.kernel.FeatureMaps;
import org.repvgg.kernel.Winograd;
import org.repvgg.runtime.Program.Register;

/// Scratch of a pass for one image size: feature maps for every slot of a [Program], and its
/// convolutions planned on them.
final class Workspace {
    final int height;
    final int width;
    final int capacity;
    private final Program program;
    private final FeatureMaps[] slots;
    private final @Nullable PlannedConv[] convs;
    private final List<Optional<Winograd>> algorithms;
    private final StepRunner runner;

    /// @param capacity most images in a pass
    /// @param pool threads that share it
    Workspace(Program program, int height, int width, int capacity, WorkerPool pool) {
        this(program, height, width, capacity, pool, program.chooser(capacity, height, width));
    }

    /// Likewise, with algorithms from elsewhere.
    Workspace(
            Program program,
            int height,
            int width,
            int capacity,
            WorkerPool pool,
            ConvChooser chooser) {
        this.program = program;
        this.height = height;
        this.width = width;
        this.capacity = capacity;
        List<Register> shapes = program.slotShapes();
        for (Register shape : shapes) { // all, before any memory is taken
            checkArgument(
                    shape.elements(capacity, height, width) <= Integer.MAX_VALUE - 8,
                    "images of %sx%s are too large: maps of %s channels have more elements than an array can hold",
                    height,
                    width,
                    shape.channels());
        }
        slots = new FeatureMaps[shapes.size()];
        for (int slot = 0; slot < slots.length; slot++) {
            Register shape = shapes.get(slot);
            slots[slot] =
                    new FeatureMaps(
                            capacity,
                            shape.size(height),
                            shape.size(width),
                            shape.channels(),
                            shape.border());
        }
        var planner = new ConvPlanner(program, this::maps, capacity, pool.threads(), chooser);
        convs = planner.plan();
        algorithms = planner.algorithms();
        runner = new StepRunner(program, this, pool);
    }

    /// Runs passes on these maps.
    StepRunner runner() {
        return runner;
    }

    /// Bytes that one image of this size takes.
    static double bytesPerImage(Program program, int height, int width) {
        double bytes = 0;
        for (Register slot : program.slotShapes()) {
            bytes += slot.elements(1, height, width) * Float.BYTES;
        }
        return bytes;
    }

    double bytes() {
        return capacity * bytesPerImage(program, height, width);
    }

    FeatureMaps maps(int register) {
        return slots[program.slots().get(register)];
    }

    /// The algorithm of each convolution; empty for direct ones.
    List<Optional<Winograd>> algorithms() {
        return algorithms;
    }

    /// The convolution of step `index`, ready to run.
    PlannedConv conv(int index) {
        PlannedConv conv = convs[index];
        if (conv == null) {
            throw new IllegalArgumentException("step " + index + " is no convolution");
        }
        return conv;
    }
}
