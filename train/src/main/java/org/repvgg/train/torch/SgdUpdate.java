package org.repvgg.train.torch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.repvgg.train.ParameterGroup;
import org.repvgg.train.TrainingEngine.StepSettings;

/// Stochastic gradient descent with momentum on all of a [Network]'s tensors, in place.
final class SgdUpdate {
    private final Network network;
    private final List<Slot> slots = new ArrayList<>();
    private final Map<String, Tensor> multipliers = new HashMap<>();

    SgdUpdate(Network network) {
        this.network = network;
        network.trained()
                .forEach(
                        (name, weight) ->
                                slots.add(
                                        new Slot(
                                                name,
                                                weight,
                                                network.momentum(name),
                                                ParameterGroup.of(name, weight.dim()))));
    }

    private record Slot(String name, Tensor weight, Tensor momentum, ParameterGroup group) {}

    /// Multiplies gradients from now on, under the names of their tensors, instead of by what was
    /// given before. To be called inside a scope.
    void setMultipliers(Map<String, org.repvgg.tensor.Tensor> given) {
        multipliers.clear();
        given.forEach((name, tensor) -> multipliers.put(name, network.constant(tensor)));
    }

    /// One step along the gradients, which are then dropped. To be called inside a scope, gradients
    /// off.
    void apply(StepSettings step) {
        var momentum = new Scalar(step.momentum());
        for (Slot slot : slots) {
            if (!slot.weight.requires_grad()) { // frozen
                continue;
            }
            Tensor gradient = slot.weight.grad();
            Tensor multiplier = multipliers.get(slot.name);
            if (multiplier != null) {
                gradient.mul_(multiplier);
            }
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
