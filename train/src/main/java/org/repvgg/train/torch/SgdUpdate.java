package org.repvgg.train.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.repvgg.train.TrainingEngine.StepSettings;

/// Stochastic gradient descent with momentum on all of a [Network]'s tensors, in place.
final class SgdUpdate {
    private static final int MATRIX_RANK = 2;
    private static final Pattern IDENTITY_NORM = Pattern.compile("\\.rbr_identity[^.]*\\.weight$");

    private final List<Slot> slots = new ArrayList<>();

    SgdUpdate(Network network) {
        network.trained()
                .forEach(
                        (name, weight) ->
                                slots.add(
                                        new Slot(
                                                weight,
                                                network.momentum(name),
                                                decay(name, weight.dim()))));
    }

    private record Slot(Tensor weight, Tensor momentum, Decay decay) {}

    /// Which of a step's decays a tensor takes.
    enum Decay {
        WEIGHT,
        IDENTITY,
        NONE;

        double of(StepSettings step) {
            return switch (this) {
                case WEIGHT -> step.weightDecay();
                case IDENTITY -> step.identityDecay();
                case NONE -> 0;
            };
        }
    }

    /// The reference's groups: biases and the norms of the convolution branches do not decay; all
    /// else does, and the identity's norm is the only norm among it.
    static Decay decay(String name, long rank) {
        if (rank >= MATRIX_RANK) {
            return Decay.WEIGHT;
        }
        return IDENTITY_NORM.matcher(name).find() ? Decay.IDENTITY : Decay.NONE;
    }

    /// One step along the gradients, which are then dropped. To be called inside a scope, gradients
    /// off.
    void apply(StepSettings step) {
        var momentum = new Scalar(step.momentum());
        var rate = new Scalar(-step.learningRate());
        for (Slot slot : slots) {
            Tensor gradient = slot.weight.grad();
            double decay = slot.decay.of(step);
            if (decay != 0) {
                gradient.add_(slot.weight, new Scalar(decay));
            }
            slot.momentum.mul_(momentum);
            slot.momentum.add_(gradient);
            if (step.nesterov()) {
                gradient.add_(slot.momentum, momentum);
                slot.weight.add_(gradient, rate);
            } else {
                slot.weight.add_(slot.momentum, rate);
            }
            slot.weight.mutable_grad().reset();
        }
    }
}
