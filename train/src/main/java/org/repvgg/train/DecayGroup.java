package org.repvgg.train;

import java.util.regex.Pattern;
import org.repvgg.train.TrainingEngine.StepSettings;

/// Which of a step's decays a tensor takes.
///
/// The reference's groups: biases and the norms of the convolution branches do not decay; all else
/// does, and the identity's norm is the only norm among it.
public enum DecayGroup {
    WEIGHT,
    IDENTITY,
    NONE;

    private static final int MATRIX_RANK = 2;
    private static final Pattern IDENTITY_NORM = Pattern.compile("\\.rbr_identity[^.]*\\.weight$");

    /// The group of a trained tensor under its checkpoint name.
    public static DecayGroup of(String name, long rank) {
        if (rank >= MATRIX_RANK) {
            return WEIGHT;
        }
        return IDENTITY_NORM.matcher(name).find() ? IDENTITY : NONE;
    }

    /// The decay that a step asks for.
    public double in(StepSettings step) {
        return switch (this) {
            case WEIGHT -> step.weightDecay();
            case IDENTITY -> step.identityDecay();
            case NONE -> 0;
        };
    }
}
