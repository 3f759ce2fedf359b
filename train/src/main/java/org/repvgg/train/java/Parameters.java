package org.repvgg.train.java;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.ReferenceNames;
import org.repvgg.format.TensorEntry;
import org.repvgg.format.TensorEntry.Role;
import org.repvgg.model.BranchedModel;
import org.repvgg.spec.Form;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.FrozenStages;
import org.repvgg.train.ParameterGroup;
import org.repvgg.train.Ranks;
import org.repvgg.train.TrainingEngine;

/// Everything that training changes, in a few large arrays: weights with their momentum and
/// gradients in the same places, and running statistics.
///
/// Kernels lie in [Panels], vectors are padded to whole vectors with zeros.
final class Parameters {
    /// PyTorch's default: running statistics move a tenth of the way in every step.
    private static final double STATISTICS_MOMENTUM = 0.1;

    private final BranchedModel template;
    private final int lanes;
    private final Map<String, Slot> slots = new LinkedHashMap<>();

    final float[] weights;
    final float[] momentum;
    final float[] gradients;
    final float[] statistics;

    private double statisticsMomentum = STATISTICS_MOMENTUM;

    /// Beside the gradients, of a step's earlier parts; empty until a step has several.
    private float[] accumulated = new float[0];

    /// Beside the gradients, what to multiply them by; empty for nothing.
    private float[] multipliers = new float[0];

    Parameters(BranchedModel model, int lanes) {
        this.template = model;
        this.lanes = lanes;
        int trained = 0;
        int gathered = 0;
        for (TensorEntry entry : ReferenceNames.entries(model.spec(), Form.TRAIN)) {
            boolean trainable = entry.role() == Role.TRAINABLE;
            Slot slot = slot(entry, trainable ? trained : gathered);
            slots.put(entry.name(), slot);
            if (trainable) {
                trained = Math.addExact(trained, slot.length());
            } else {
                gathered = Math.addExact(gathered, slot.length());
            }
        }
        weights = new float[trained];
        momentum = new float[trained];
        gradients = new float[trained];
        statistics = new float[gathered];
        ReferenceNames.tensors(model)
                .forEach((name, tensor) -> slot(name).write(tensor, own(name)));
    }

    /// Where one tensor is.
    ///
    /// @param panels of a kernel or matrix; null for a vector
    /// @param at in its array
    /// @param length with what pads it
    record Slot(
            TensorEntry entry, @Nullable Panels panels, ParameterGroup group, int at, int length) {
        private Tensor find(Map<String, Tensor> state, String name) {
            return TrainingEngine.find(state, name, entry.shape());
        }

        Tensor read(float[] array) {
            float[] values = new float[entry.shape().elements()];
            if (panels == null) {
                System.arraycopy(array, at, values, 0, values.length);
            } else {
                panels.unpack(array, at, values);
            }
            return Tensor.ofOwned(entry.shape(), values);
        }

        void write(Tensor tensor, float[] array) {
            if (panels == null) {
                System.arraycopy(tensor.unsafeArray(), 0, array, at, tensor.shape().elements());
            } else {
                panels.pack(tensor.unsafeArray(), array, at);
            }
        }
    }

    private Slot slot(TensorEntry entry, int at) {
        Shape shape = entry.shape();
        int out = shape.dimension(0);
        if (shape.rank() == 1) {
            return new Slot(
                    entry, null, ParameterGroup.of(entry.name(), 1), at, Panels.padded(out, lanes));
        }
        int in = shape.dimension(1);
        Panels panels = new Panels(shape.elements() / (out * in), in, out, lanes);
        return new Slot(
                entry, panels, ParameterGroup.of(entry.name(), shape.rank()), at, panels.size());
    }

    /// Where the tensor of that name begins in its array.
    int at(String name) {
        return slot(name).at;
    }

    /// Where the trained tensors of a module begin, which lie side by side in the order of the
    /// network.
    ///
    /// @param module `stage1.0`
    int firstOf(String module) {
        int first = weights.length;
        for (Slot slot : trained()) {
            if (slot.entry.name().startsWith(module + ".")) {
                first = Math.min(first, slot.at);
            }
        }
        return first;
    }

    /// The layout of the kernel or matrix of that name.
    Panels panels(String name) {
        return Objects.requireNonNull(slot(name).panels, name);
    }

    private Slot slot(String name) {
        return Objects.requireNonNull(slots.get(name), name);
    }

    /// Places of everything that gradients change.
    Iterable<Slot> trained() {
        return slots.values().stream().filter(slot -> slot.entry.role() == Role.TRAINABLE)
                ::iterator;
    }

    /// The part of the way to a batch's statistics that the running ones move.
    double statisticsMomentum() {
        return statisticsMomentum;
    }

    void setStatisticsMomentum(double value) {
        statisticsMomentum = value;
    }

    /// Sets the running statistics to zero, but for frozen ones.
    void clearStatistics(FrozenStages frozen) {
        slots.forEach(
                (name, slot) -> {
                    if (slot.entry.role() == Role.STATISTIC && !frozen.contains(name)) {
                        Arrays.fill(statistics, slot.at, slot.at + slot.length, 0);
                    }
                });
    }

    /// Replaces the running statistics by their mean over all ranks, but for frozen ones.
    void averageStatistics(Ranks ranks, FrozenStages frozen) {
        float[] mean = statistics.clone();
        ranks.mean(mean);
        slots.forEach(
                (name, slot) -> {
                    if (slot.entry.role() == Role.STATISTIC && !frozen.contains(name)) {
                        System.arraycopy(mean, slot.at, statistics, slot.at, slot.length);
                    }
                });
    }

    /// Where gradients of several parts are added up; made when first asked for.
    float[] accumulated() {
        if (accumulated.length == 0) {
            accumulated = new float[gradients.length];
        }
        return accumulated;
    }

    /// Takes what [TrainingEngine#multiplyGradients] is given.
    void setMultipliers(Map<String, Tensor> given) {
        TrainingEngine.checkMultipliers(given, template.spec());
        float[] all = new float[gradients.length];
        Arrays.fill(all, 1);
        given.forEach((name, tensor) -> slot(name).write(tensor, all));
        multipliers = all;
    }

    /// Multiplies `length` gradients from `at` on by what [#setMultipliers] has taken, if anything.
    void multiplyGradients(int at, int length) {
        if (multipliers.length == 0) {
            return;
        }
        for (int i = at; i < at + length; i++) {
            gradients[i] *= multipliers[i];
        }
    }

    /// The gradient of the tensor of that name, copied.
    Tensor gradient(String name) {
        return slot(name).read(gradients);
    }

    /// The training form with copies of the current tensors.
    BranchedModel model() {
        return ReferenceNames.assemble(
                template.spec(),
                template.input(),
                template.provenance(),
                (name, _) -> slot(name).read(own(name)));
    }

    /// As [org.repvgg.train.TrainingEngine#state] names it, copied.
    Map<String, Tensor> state() {
        Map<String, Tensor> state = new LinkedHashMap<>();
        slots.forEach((name, slot) -> state.put(name, slot.read(own(name))));
        trained()
                .forEach(
                        slot ->
                                state.put(
                                        TrainingEngine.MOMENTUM + slot.entry.name(),
                                        slot.read(momentum)));
        return state;
    }

    /// Overwrites everything by what [#state] gave; nothing is changed if something does not fit.
    void restore(Map<String, Tensor> state) {
        Map<Slot, Tensor> own = new LinkedHashMap<>();
        Map<Slot, Tensor> moving = new LinkedHashMap<>();
        slots.forEach((name, slot) -> own.put(slot, slot.find(state, name)));
        trained()
                .forEach(
                        slot -> {
                            String name = TrainingEngine.MOMENTUM + slot.entry.name();
                            moving.put(slot, slot.find(state, name));
                        });
        own.forEach((slot, tensor) -> slot.write(tensor, own(slot.entry.name())));
        moving.forEach((slot, tensor) -> slot.write(tensor, momentum));
    }

    private float[] own(String name) {
        return slot(name).entry.role() == Role.TRAINABLE ? weights : statistics;
    }
}
