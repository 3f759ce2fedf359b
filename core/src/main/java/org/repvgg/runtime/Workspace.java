package org.repvgg.runtime;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.repvgg.kernel.ConvPlan;
import org.repvgg.kernel.ConvShape;
import org.repvgg.kernel.ConvTask;
import org.repvgg.kernel.FeatureMaps;
import org.repvgg.runtime.Program.Register;

/// Scratch of a pass for one image size: feature maps for every slot of a [Program], and its
/// convolutions planned on them.
final class Workspace {
    final int height;
    final int width;
    final int capacity;
    private final Program program;
    private final FeatureMaps[] slots;
    private final @Nullable ConvTask[] tasks;

    /// @param capacity most images in a pass
    Workspace(Program program, int height, int width, int capacity) {
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
        tasks = plan();
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

    /// The convolution of step `index`, ready to run.
    ConvTask task(int index) {
        ConvTask task = tasks[index];
        if (task == null) {
            throw new IllegalArgumentException("step " + index + " is no convolution");
        }
        return task;
    }

    /// Layers of one shape on maps of one shape share a plan.
    private record PlanKey(ConvShape conv, Register from, Register to) {}

    private @Nullable ConvTask[] plan() {
        Map<PlanKey, ConvPlan> plans = new HashMap<>();
        @Nullable ConvTask[] planned = new ConvTask[program.steps().size()];
        for (int s = 0; s < planned.length; s++) {
            if (program.steps().get(s) instanceof Step.Convolve step) {
                FeatureMaps from = maps(step.from());
                FeatureMaps to = maps(step.to());
                PlanKey key =
                        new PlanKey(
                                step.conv().shape(),
                                program.registers().get(step.from()),
                                program.registers().get(step.to()));
                ConvPlan plan =
                        plans.computeIfAbsent(
                                key, _ -> new ConvPlan(step.conv().shape(), from, to));
                planned[s] = new ConvTask(step.conv(), plan, from, to, step.activation());
            }
        }
        return planned;
    }
}
