package org.repvgg.train.torch;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.repvgg.format.ReferenceNames;
import org.repvgg.format.TensorEntry;
import org.repvgg.model.BranchedModel;
import org.repvgg.spec.Form;
import org.repvgg.train.FrozenStages;
import org.repvgg.train.TrainingEngine;

/// The tensors of one network on one device: trained ones, their momentum, running statistics.
///
/// Its native objects outlive the scope they are made in; [#close] frees them.
final class Network implements AutoCloseable {
    private final BranchedModel template;
    private final NativeTensors tensors;
    private final Map<String, Tensor> trained = new LinkedHashMap<>();
    private final Map<String, Tensor> momentum = new LinkedHashMap<>();
    private final Map<String, Tensor> statistics = new LinkedHashMap<>();
    private final Map<String, TensorOptional> optionals = new LinkedHashMap<>();

    private final List<Tensor> constants = new ArrayList<>();

    /// To be called inside a scope.
    Network(BranchedModel model, NativeTensors tensors) {
        this.template = model;
        this.tensors = tensors;
        Map<String, org.repvgg.tensor.Tensor> all = ReferenceNames.tensors(model);
        for (TensorEntry entry : ReferenceNames.entries(model.spec(), Form.TRAIN)) {
            add(entry, Objects.requireNonNull(all.get(entry.name())));
        }
    }

    private void add(TensorEntry entry, org.repvgg.tensor.Tensor tensor) {
        String name = entry.name();
        Tensor copy = keep(tensors.toNative(tensor));
        optionals.put(name, keep(new TensorOptional(copy)));
        switch (entry.role()) {
            case STATISTIC -> statistics.put(name, copy);
            case TRAINABLE -> {
                momentum.put(name, keep(torch.zeros_like(copy)));
                copy.set_requires_grad(true);
                trained.put(name, copy);
            }
        }
    }

    BranchedModel template() {
        return template;
    }

    NativeTensors tensors() {
        return tensors;
    }

    /// Leaves of the gradient graph, under their checkpoint names.
    Map<String, Tensor> trained() {
        return trained;
    }

    /// Takes tensors out of the gradient graph, and all others back in.
    void freeze(FrozenStages frozen) {
        trained.forEach((name, tensor) -> tensor.set_requires_grad(!frozen.contains(name)));
    }

    /// Sets the running statistics to zero, but for frozen ones.
    void clearStatistics(FrozenStages frozen) {
        statistics.forEach(
                (name, tensor) -> {
                    if (!frozen.contains(name)) {
                        Tensor _ = tensor.zero_();
                    }
                });
    }

    /// The running statistics, without frozen ones.
    List<Tensor> statistics(FrozenStages frozen) {
        return statistics.entrySet().stream()
                .filter(entry -> !frozen.contains(entry.getKey()))
                .map(Map.Entry::getValue)
                .toList();
    }

    /// The gradients of what is not frozen. To be called inside a scope.
    List<Tensor> gradients() {
        return trained.values().stream().filter(Tensor::requires_grad).map(Tensor::grad).toList();
    }

    /// The trained tensor of that name.
    Tensor trained(String name) {
        return Objects.requireNonNull(trained.get(name), name);
    }

    /// Momentum of the trained tensor of that name.
    Tensor momentum(String name) {
        return Objects.requireNonNull(momentum.get(name), name);
    }

    /// The trained tensor or statistic of that name, wrapped as libtorch wants what may be absent.
    TensorOptional optional(String name) {
        return Objects.requireNonNull(optionals.get(name), name);
    }

    /// A tensor of this network that never changes, freed with it.
    Tensor constant(org.repvgg.tensor.Tensor tensor) {
        Tensor copy = keep(tensors.toNative(tensor));
        constants.add(copy);
        return copy;
    }

    /// The training form with copies of the current tensors.
    BranchedModel weights() {
        return ReferenceNames.assemble(
                template.spec(),
                template.input(),
                template.provenance(),
                (name, _) -> NativeTensors.toJava(tensor(name)));
    }

    /// Copies of everything that training changes, as [org.repvgg.train.TrainingEngine#state] names
    /// it.
    Map<String, org.repvgg.tensor.Tensor> state() {
        Map<String, org.repvgg.tensor.Tensor> state = new LinkedHashMap<>();
        for (TensorEntry entry : ReferenceNames.entries(template.spec(), Form.TRAIN)) {
            state.put(entry.name(), NativeTensors.toJava(tensor(entry.name())));
        }
        momentum.forEach(
                (name, tensor) ->
                        state.put(TrainingEngine.MOMENTUM + name, NativeTensors.toJava(tensor)));
        return state;
    }

    /// Overwrites everything by what [#state] gave; nothing is changed if something does not fit.
    void restore(Map<String, org.repvgg.tensor.Tensor> state) {
        Map<Tensor, org.repvgg.tensor.Tensor> copies = new IdentityHashMap<>();
        for (TensorEntry entry : ReferenceNames.entries(template.spec(), Form.TRAIN)) {
            String name = entry.name();
            copies.put(tensor(name), TrainingEngine.find(state, name, entry.shape()));
            if (trained.containsKey(name)) {
                copies.put(
                        momentum(name),
                        TrainingEngine.find(state, TrainingEngine.MOMENTUM + name, entry.shape()));
            }
        }
        copies.forEach(tensors::overwrite);
    }

    private Tensor tensor(String name) {
        Tensor weight = trained.get(name);
        return weight != null ? weight : Objects.requireNonNull(statistics.get(name), name);
    }

    @Override
    public void close() {
        trained.values().forEach(Pointer::close);
        momentum.values().forEach(Pointer::close);
        statistics.values().forEach(Pointer::close);
        optionals.values().forEach(Pointer::close);
        constants.forEach(Pointer::close);
    }

    /// Lets `pointer` outlive the scope it was made in.
    private static <P extends Pointer> P keep(P pointer) {
        pointer.retainReference();
        return pointer;
    }
}
