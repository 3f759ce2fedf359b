package org.repvgg.train;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.repvgg.format.ReferenceNames;
import org.repvgg.format.TensorEntry;
import org.repvgg.model.BranchedModel;
import org.repvgg.spec.Form;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// What can train: it holds the weights of one network, takes a step on a batch, and gives the
/// weights back.
///
/// Used by one thread at a time. Everything that is not arithmetic on a batch (recipe, data,
/// schedule, averages, files) stays outside.
public interface TrainingEngine extends AutoCloseable {
    /// Before the name of a tensor whose momentum [#state] holds.
    String MOMENTUM = "momentum/";

    /// One line for people: engine, version, precision, layout, threads.
    String description();

    /// What the engine decided at its start and a resumed training must ask for, name by name;
    /// empty if nothing.
    default Map<String, String> choices() {
        return Map.of();
    }

    /// Keeps the weights and running statistics of the first `stages` stages as they are from now
    /// on: their batch norms go by running statistics, and nothing is computed backward through
    /// them.
    ///
    /// @param stages the stem counts as one; 0 for none
    /// @throws IllegalArgumentException if the network has fewer
    void freeze(int stages);

    /// Multiplies gradients element by element from now on, before decay and momentum: with a
    /// multiplier `m`, [StepSettings] has `m * gradient` for `gradient`. Gradients without one stay
    /// as they are.
    ///
    /// @param multipliers under the checkpoint names of trained tensors, in their shapes; instead
    ///   of those given before
    /// @throws IllegalArgumentException if a name is no trained tensor's or a shape differs
    void multiplyGradients(Map<String, Tensor> multipliers);

    /// Takes every step together with the same engines of other ranks from now on: gradients are
    /// those of all their images' mean loss. All must begin with the same weights.
    ///
    /// @throws IllegalArgumentException if it cannot, or other ranks' engines are of another kind
    default void join(Ranks ranks) {
        checkArgument(
                ranks.world() == 1,
                "%s cannot train with %s other processes",
                description(),
                ranks.world() - 1);
    }

    /// Replaces running statistics by their mean over all ranks, where each has its own.
    default void averageStatistics() {}

    /// Forward and backward through every part in train mode, then one optimiser step.
    ///
    /// With `n_k` images in part `k` and `N` in all, the gradient is that of the mean loss over all
    /// images, `Σ_k n_k / N * ∇ loss_k`. Batch norms normalise each part by its own statistics, and
    /// running statistics move once a part, as where PyTorch accumulates gradients.
    ///
    /// @param parts images and target distributions, at least one; not modified. Of several ranks
    ///   each gives as many parts, and `N` and the loss are over the images of all
    /// @param step settings of this very step
    /// @return the mean cross-entropy of all images before the step; NaN and infinities are
    ///   returned, not thrown
    /// @throws IllegalArgumentException if there is no part, or the network cannot take one
    /// @throws OutOfMemoryError where memory ran out; the weights are then undefined
    double step(List<Batch> parts, StepSettings step);

    /// A step on one batch.
    default double step(Batch batch, StepSettings step) {
        return step(List.of(batch), step);
    }

    /// Logits in evaluation mode, `[n,c,h,w]` → `[n,classes]`.
    Tensor logits(Tensor images);

    /// The same weights with running statistics over `batches` alone, each batch normalised by its
    /// own as in training: with `n_k` images in batch `k`, every running mean and variance becomes
    /// `Σ_k n_k s_k / Σ_k n_k` of the batches' means and unbiased variances `s_k`.
    ///
    /// Averaged weights want it (Izmailov et al., UAI 2018, section 3.2), for the average of
    /// statistics is not that of the averaged weights' maps; with batches of one size it is what
    /// PyTorch's `update_bn` does. Forward only; this engine's own weights, statistics and momentum
    /// stay as they are, and so do the statistics of frozen stages.
    ///
    /// @param model of this engine's network; not modified
    /// @param batches images, at least one batch; what it throws ends the work and is thrown on
    BranchedModel recomputeStatistics(BranchedModel model, Iterator<Tensor> batches);

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
    record Batch(Tensor images, Tensor targets) {
        /// Images of all parts of a step.
        ///
        /// @throws IllegalArgumentException if there is no part
        public static int images(List<Batch> parts) {
            checkArgument(!parts.isEmpty(), "a step needs at least one batch");
            return parts.stream().mapToInt(Batch::count).reduce(0, Math::addExact);
        }

        /// How many images there are.
        public int count() {
            return images.shape().dimension(0);
        }

        /// Checks the shapes.
        ///
        /// @throws IllegalArgumentException if the network cannot take them, naming both sides
        public void checkFits(RepVggSpec spec) {
            checkImages(images.shape(), spec);
            Shape wanted = Shape.of(images.shape().dimension(0), spec.classes());
            checkArgument(
                    targets.shape().equals(wanted),
                    "targets are %s, images %s and %s classes want %s",
                    targets.shape(),
                    images.shape(),
                    spec.classes(),
                    wanted);
        }
    }

    /// Checks that images are `[n,c,h,w]` with the network's channels.
    ///
    /// @throws IllegalArgumentException if not, naming both sides
    static void checkImages(Shape images, RepVggSpec spec) {
        checkArgument(
                images.rank() == 4
                        && images.dimension(1) == spec.inputChannels()
                        && images.elements() > 0,
                "images are %s, %s wants [n,%s,h,w]",
                images,
                spec.name(),
                spec.inputChannels());
    }

    /// Checks that what gradients are to be multiplied by fits the network.
    ///
    /// @throws IllegalArgumentException if a name is no trained tensor's or a shape differs
    static void checkMultipliers(Map<String, Tensor> multipliers, RepVggSpec spec) {
        List<String> trained = ReferenceNames.trainable(spec);
        for (String name : multipliers.keySet()) {
            checkArgument(
                    trained.contains(name),
                    "gradients of %s are to be multiplied, %s trains no such tensor",
                    name,
                    spec.name());
        }
        for (TensorEntry entry : ReferenceNames.entries(spec, Form.TRAIN)) {
            if (multipliers.containsKey(entry.name())) {
                find(multipliers, entry.name(), entry.shape());
            }
        }
    }

    /// The tensor of that name in a [#state].
    ///
    /// @throws IllegalArgumentException if it is missing or has another shape, naming both
    static Tensor find(Map<String, Tensor> state, String name, Shape shape) {
        Tensor found = state.get(name);
        if (found == null) {
            throw new IllegalArgumentException(
                    "the state lacks %s of shape %s".formatted(name, shape));
        }
        checkArgument(
                found.shape().equals(shape),
                "%s is %s in the state, the network wants %s",
                name,
                found.shape(),
                shape);
        return found;
    }

    /// Settings of one step of stochastic gradient descent with momentum.
    ///
    /// `v = momentum * v + (gradient + weightDecay * w)`, then `w -= learningRate * v`, or with
    /// Nesterov `w -= learningRate * (gradient + weightDecay * w + momentum * v)`.
    ///
    /// [ParameterGroup] tells which tensor takes which decay and rate.
    ///
    /// @param weightDecay on kernels and the classifier; biases and norms never decay, but for
    /// @param identityDecay the one on the weights of the identity branches' norms: the reference
    ///   decays them as kernels
    /// @param normBiasRate of the learning rate, for the biases of batch norms
    /// @param bodyRate of the learning rate, for all but the classifier and auxiliary heads; both
    ///   factors meet at the biases of the body's norms
    record StepSettings(
            double learningRate,
            double momentum,
            boolean nesterov,
            double weightDecay,
            double identityDecay,
            double normBiasRate,
            double bodyRate) {
        /// The same learning rate for all.
        public StepSettings(
                double learningRate,
                double momentum,
                boolean nesterov,
                double weightDecay,
                double identityDecay) {
            this(learningRate, momentum, nesterov, weightDecay, identityDecay, 1, 1);
        }
    }
}
