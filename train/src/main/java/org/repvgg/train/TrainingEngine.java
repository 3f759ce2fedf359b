package org.repvgg.train;

import java.util.Map;
import org.repvgg.model.BranchedModel;
import org.repvgg.tensor.Tensor;

/// What can train: it holds the weights of one network, takes a step on a batch, and gives the
/// weights back.
///
/// Used by one thread at a time. Everything that is not arithmetic on a batch (recipe, data,
/// schedule, averages, files) stays outside.
public interface TrainingEngine extends AutoCloseable {

    /// One line for people: engine, version, precision, layout, threads.
    String description();

    /// What the engine decided at its start and a resumed training must ask for, name by name;
    /// empty if nothing.
    default Map<String, String> choices() {
        return Map.of();
    }

    /// Forward, backward and one optimiser step in train mode.
    ///
    /// @param batch images and target distribution; not modified
    /// @param step settings of this very step
    /// @return the mean cross-entropy of the batch before the step; NaN and infinities are
    ///   returned, not thrown
    /// @throws OutOfMemoryError where memory ran out; the weights are then undefined
    double step(Batch batch, StepSettings step);

    /// Logits in evaluation mode, `[n,c,h,w]` → `[n,classes]`.
    Tensor logits(Tensor images);

    /// The current weights and running statistics, copied.
    BranchedModel weights();

    /// All state under flat names: weights and statistics under their checkpoint names, optimiser
    /// state under `momentum/` and the same name. Copied.
    Map<String, Tensor> state();

    /// Takes back what [#state] gave.
    ///
    /// @throws IllegalArgumentException if a name is missing or a shape differs, naming both
    void restore(Map<String, Tensor> state);

    @Override
    void close();

    /// Images with their targets.
    ///
    /// @param images `[n,c,h,w]`, normalised
    /// @param targets `[n,classes]`, each row sums to 1: one-hot, smoothed or mixed
    record Batch(Tensor images, Tensor targets) {}

    /// Settings of one step of stochastic gradient descent with momentum.
    ///
    /// `v = momentum * v + (gradient + weightDecay * w)`, then `w -= learningRate * v`, or with
    /// Nesterov `w -= learningRate * (gradient + weightDecay * w + momentum * v)`.
    ///
    /// @param weightDecay on kernels and the classifier; biases and norms never decay, but for
    /// @param identityDecay the one on the weights of the identity branches' norms: the reference
    ///   decays them as kernels
    record StepSettings(
            double learningRate,
            double momentum,
            boolean nesterov,
            double weightDecay,
            double identityDecay) {}
}
