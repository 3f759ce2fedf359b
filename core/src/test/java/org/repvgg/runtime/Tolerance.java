package org.repvgg.runtime;

import org.repvgg.spec.BlockSpec;
import org.repvgg.spec.RepVggSpec;

/// How far a network in float may be from the same network in double.
final class Tolerance {
    /// Room above the estimate: the largest of many thousand activations, and the steps between
    /// convolutions.
    private static final double SAFETY = 16;

    /// Against the reference implementation's float answers: theirs and ours both round, logits are
    /// of unit size, and its own two forms differ by 3e-6.
    static final double REFERENCE = 1e-5;

    private Tolerance() {}

    /// Rounding errors are independent enough to grow like a random walk: `sqrt(terms)` within a
    /// sum, `sqrt(layers)` from layer to layer, times the unit roundoff and the size of the values.
    static double of(RepVggSpec spec, double magnitude) {
        int terms = spec.features();
        for (BlockSpec block : spec.blocks()) {
            terms = Math.max(terms, 9 * block.inPerGroup() * block.branches().size());
        }
        return SAFETY * Math.sqrt((double) terms * spec.blocks().size()) * 0x1p-24 * magnitude;
    }
}
