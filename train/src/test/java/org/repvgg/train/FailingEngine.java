package org.repvgg.train;

import java.util.List;
import java.util.function.DoubleSupplier;
import org.repvgg.model.BranchedModel;

/// An engine that trains until one step, in which something happens.
final class FailingEngine extends ForwardingEngine {
    private final int step;
    private final DoubleSupplier event;
    private int steps;

    /// @param step from 0, over the whole training
    /// @param event gives that step's loss, or throws
    FailingEngine(BranchedModel initial, int step, DoubleSupplier event) {
        super(new HeadEngine(initial));
        this.step = step;
        this.event = event;
    }

    @Override
    public double step(List<Batch> parts, StepSettings settings) {
        return steps++ == step ? event.getAsDouble() : super.step(parts, settings);
    }
}
