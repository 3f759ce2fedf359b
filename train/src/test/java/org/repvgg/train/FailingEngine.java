package org.repvgg.train;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.repvgg.model.BranchedModel;
import org.repvgg.tensor.Tensor;

/// An engine that trains until one step, in which something happens.
final class FailingEngine implements TrainingEngine {
    private final HeadEngine engine;
    private final int step;
    private final DoubleSupplier event;
    private int steps;

    /// @param step from 0, over the whole training
    /// @param event gives that step's loss, or throws
    FailingEngine(BranchedModel initial, int step, DoubleSupplier event) {
        this.engine = new HeadEngine(initial);
        this.step = step;
        this.event = event;
    }

    @Override
    public String description() {
        return engine.description();
    }

    @Override
    public void freeze(int stages) {
        engine.freeze(stages);
    }

    @Override
    public BranchedModel recomputeStatistics(BranchedModel model, Iterator<Tensor> batches) {
        return engine.recomputeStatistics(model, batches);
    }

    @Override
    public double step(List<Batch> parts, StepSettings settings) {
        return steps++ == step ? event.getAsDouble() : engine.step(parts, settings);
    }

    @Override
    public Tensor logits(Tensor images) {
        return engine.logits(images);
    }

    @Override
    public BranchedModel weights() {
        return engine.weights();
    }

    @Override
    public Map<String, Tensor> state() {
        return engine.state();
    }

    @Override
    public void restore(Map<String, Tensor> state) {
        engine.restore(state);
    }

    @Override
    public void close() {
        engine.close();
    }
}
