package org.repvgg.train;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.repvgg.model.BranchedModel;
import org.repvgg.tensor.Tensor;

/// An engine that leaves everything to another: to be varied where a test wants.
class ForwardingEngine implements TrainingEngine {
    private final TrainingEngine engine;

    ForwardingEngine(TrainingEngine engine) {
        this.engine = engine;
    }

    @Override
    public String description() {
        return engine.description();
    }

    @Override
    public Map<String, String> choices() {
        return engine.choices();
    }

    @Override
    public void freeze(int stages) {
        engine.freeze(stages);
    }

    @Override
    public void multiplyGradients(Map<String, Tensor> multipliers) {
        engine.multiplyGradients(multipliers);
    }

    @Override
    public void join(Ranks ranks) {
        engine.join(ranks);
    }

    @Override
    public void averageStatistics() {
        engine.averageStatistics();
    }

    @Override
    public BranchedModel recomputeStatistics(BranchedModel model, Iterator<Tensor> batches) {
        return engine.recomputeStatistics(model, batches);
    }

    @Override
    public double step(List<Batch> parts, StepSettings step) {
        return engine.step(parts, step);
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
