package org.repvgg.train;

import java.util.regex.Pattern;
import org.repvgg.train.TrainingEngine.StepSettings;

/// Which weight decay and which learning rate a tensor takes of a step.
///
/// The decays are the reference's: biases and the norms of the convolution branches do not decay;
/// all else does, and the identity's norm is the only norm among it.
public enum ParameterGroup {
    /// Kernels and the classifier's matrix.
    WEIGHT,

    /// The weights of the identity branches' norms.
    IDENTITY,

    /// The biases of all norms.
    NORM_BIAS,

    /// The weights of all other norms, and all other biases.
    OTHER;

    private static final int MATRIX_RANK = 2;
    private static final Pattern IDENTITY_NORM = Pattern.compile("\\.rbr_identity[^.]*\\.weight$");
    private static final Pattern BIAS_OF_NORM =
            Pattern.compile("\\.(bn|rbr_identity[^.]*)\\.bias$");

    /// The group of a trained tensor under its checkpoint name.
    public static ParameterGroup of(String name, long rank) {
        if (rank >= MATRIX_RANK) {
            return WEIGHT;
        }
        if (BIAS_OF_NORM.matcher(name).find()) {
            return NORM_BIAS;
        }
        return IDENTITY_NORM.matcher(name).find() ? IDENTITY : OTHER;
    }

    /// The decay that a step asks for.
    public double decay(StepSettings step) {
        return switch (this) {
            case WEIGHT -> step.weightDecay();
            case IDENTITY -> step.identityDecay();
            case NORM_BIAS, OTHER -> 0;
        };
    }

    /// The learning rate that a step asks for.
    public double learningRate(StepSettings step) {
        return switch (this) {
            case NORM_BIAS -> step.learningRate() * step.normBiasRate();
            case WEIGHT, IDENTITY, OTHER -> step.learningRate();
        };
    }
}
