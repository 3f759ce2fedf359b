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
                                                decays(name, weight.dim()))));
    }

    private record Slot(Tensor weight, Tensor momentum, boolean decays) {}

    /// The reference's rule: biases and the norms of the convolution branches do not decay; all
    /// else does, the identity's norm included.
    static boolean decays(String name, long rank) {
        return rank >= MATRIX_RANK || IDENTITY_NORM.matcher(name).find();
    }

    /// One step along the gradients, which are then dropped. To be called inside a scope, gradients
    /// off.
    void apply(StepSettings step) {
        var decay = new Scalar(step.weightDecay());
        var momentum = new Scalar(step.momentum());
        var rate = new Scalar(-step.learningRate());
        for (Slot slot : slots) {
            Tensor gradient = slot.weight.grad();
            if (slot.decays && step.weightDecay() != 0) {
                gradient.add_(slot.weight, decay);
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
