package org.repvgg.model;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.SqueezeExciteSpec;

/// The plain form: a list of plain layers, run one after the other.
///
/// @param spec the architecture it was folded from; its branches are history, its widths, strides
///   and groups still hold
/// @param layers for each block a convolution, its ReLU and, where the spec has one, its gain; then
///   pooling and the classifier
public record PlainModel(
        RepVggSpec spec, List<PlainLayer> layers, InputSpec input, Provenance provenance)
        implements Model {
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

    /// Lays out the layers in their order: each block's convolution, ReLU and gain, then pooling
    /// and the classifier.
    ///
    /// @param blocks one for each of `spec.blocks()`
    public static PlainModel of(
            RepVggSpec spec,
            List<Block> blocks,
            Linear head,
            InputSpec input,
            Provenance provenance) {
        SqueezeExciteSpec gainSpec = spec.squeezeExcite();
        List<PlainLayer> layers = new ArrayList<>();
        for (Block block : blocks) {
            checkArgument(
                    (block.gain() == null) == (gainSpec == null),
                    "spec says squeezeExcite=%s, weights say %s",
                    gainSpec != null,
                    block.gain() != null);
            layers.add(block.convolution());
            if (block.gain() == null || gainSpec == null) {
                layers.add(new PlainLayer.Relu());
                continue;
            }
            var gain = new PlainLayer.Gain(block.gain());
            layers.addAll(
                    switch (gainSpec.placement()) {
                        case BEFORE_RELU -> List.of(gain, new PlainLayer.Relu());
                        case AFTER_RELU -> List.of(new PlainLayer.Relu(), gain);
                    });
        }
        layers.add(new PlainLayer.GlobalAveragePool());
        layers.add(new PlainLayer.Classify(head));
        return new PlainModel(spec, layers, input, provenance);
    }

    /// The weights of one plain block.
    ///
    /// @param gain present exactly when the spec has one
    public record Block(PlainLayer.Conv3x3 convolution, @Nullable SqueezeExcite gain) {}

    @Override
    public PlainModel withInput(InputSpec other) {
        return new PlainModel(spec, layers, other, provenance);
    }

    @Override
    public PlainModel withProvenance(Provenance other) {
        return new PlainModel(spec, layers, input, other);
    }
}
