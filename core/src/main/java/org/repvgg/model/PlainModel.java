package org.repvgg.model;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.List;
import org.repvgg.spec.RepVggSpec;

/// The plain form: a list of plain layers, run one after the other.
///
/// @param spec the architecture it was folded from; its branches are history, its widths, strides
///   and groups still hold
/// @param layers for each block a convolution, its ReLU and, where the spec has one, its gain; then
///   pooling and the classifier
public record PlainModel(
        RepVggSpec spec, List<PlainLayer> layers, InputSpec input, Provenance provenance) {
    public PlainModel {
        layers = List.copyOf(layers);
        long convolutions = layers.stream().filter(PlainLayer.Conv3x3.class::isInstance).count();
        checkArgument(
                convolutions == spec.blocks().size(),
                "spec %s has %s blocks, the plain form has %s convolutions",
                spec.name(),
                spec.blocks().size(),
                convolutions);
    }

    /// The same weights with another input description.
    public PlainModel withInput(InputSpec other) {
        return new PlainModel(spec, layers, other, provenance);
    }

    /// The same weights with another provenance.
    public PlainModel withProvenance(Provenance other) {
        return new PlainModel(spec, layers, input, other);
    }
}
