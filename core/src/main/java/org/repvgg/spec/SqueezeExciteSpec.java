package org.repvgg.spec;

import static org.repvgg.tensor.Checks.checkArgument;

/// Squeeze-and-excitation of a block: `y = x * sigmoid(up(relu(down(mean(x)))))`, a per-channel
/// gain that depends on the input.
///
/// It is not linear and stays in the plain form as it is.
///
/// @param reduction hidden channels are `out / reduction` (16 in D2se, 4 in RepVGGplus)
/// @param placement before or after the block's ReLU
public record SqueezeExciteSpec(int reduction, Placement placement) {

    /// Where the gain is applied.
    public enum Placement {
        /// `relu(gain(sum))`: RepVGG-D2se.
        BEFORE_RELU,
        /// `gain(relu(sum))`: RepVGGplus.
        AFTER_RELU
    }

    public SqueezeExciteSpec {
        checkArgument(
                reduction >= 1,
                "squeeze-and-excitation reduction must be at least 1: %s",
                reduction);
    }

    /// Hidden channels for a block of `out` channels, at least one.
    public int hidden(int out) {
        return Math.max(1, out / reduction);
    }
}
