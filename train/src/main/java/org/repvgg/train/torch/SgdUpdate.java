package org.repvgg.train.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.repvgg.train.ParameterGroup;
import org.repvgg.train.TrainingEngine.StepSettings;

/// Stochastic gradient descent with momentum on all of a [Network]'s tensors, in place.
final class SgdUpdate {
    private final List<Slot> slots = new ArrayList<>();

    SgdUpdate(Network network) {
        network.trained()
                .forEach(
                        (name, weight) ->
                                slots.add(
                                        new Slot(
                                                weight,
                                                network.momentum(name),
                                                ParameterGroup.of(name, weight.dim()))));
    }

    private record Slot(Tensor weight, Tensor momentum, ParameterGroup group) {}

    /// One step along the gradients, which are then dropped. To be called inside a scope, gradients
    /// off.
    void apply(StepSettings step) {
        var momentum = new Scalar(step.momentum());
        for (Slot slot : slots) {
            if (!slot.weight.requires_grad()) { // frozen
                continue;
            }
            Tensor gradient = slot.weight.grad();
            var rate = new Scalar(-slot.group.learningRate(step));
            double decay = slot.group.decay(step);
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
