package org.repvgg.train;

import java.util.regex.Pattern;
import org.repvgg.format.ReferenceNames;
import org.repvgg.train.TrainingEngine.StepSettings;

/// Which weight decay and which learning rate a tensor takes of a step.
///
/// The decays are the reference's: biases and the norms of the convolution branches do not decay;
/// all else does, and the identity's norm is the only norm among it.
///
/// @param head whether it belongs to the classifier or to an auxiliary head, and not to the body
public record ParameterGroup(Kind kind, boolean head) {
    /// What a tensor is.
    public enum Kind {
        /// Kernels and the classifier's matrix.
        WEIGHT,

        /// The weights of the identity branches' norms.
        IDENTITY,

        /// The biases of all norms.
        NORM_BIAS,

        /// The weights of all other norms, and all other biases.
        OTHER
    }

    private static final int MATRIX_RANK = 2;
    private static final Pattern IDENTITY_NORM = Pattern.compile("\\.rbr_identity[^.]*\\.weight$");
    private static final Pattern BIAS_OF_NORM =
            Pattern.compile("\\.(bn|rbr_identity[^.]*)\\.bias$");

    /// The group of a trained tensor under its checkpoint name.
    public static ParameterGroup of(String name, long rank) {
        boolean head = name.startsWith("linear.") || ReferenceNames.isAuxiliary(name);
        return new ParameterGroup(kind(name, rank), head);
    }

    private static Kind kind(String name, long rank) {
        if (rank >= MATRIX_RANK) {
            return Kind.WEIGHT;
        }
        if (BIAS_OF_NORM.matcher(name).find()) {
            return Kind.NORM_BIAS;
        }
        return IDENTITY_NORM.matcher(name).find() ? Kind.IDENTITY : Kind.OTHER;
    }

    /// The decay that a step asks for.
    public double decay(StepSettings step) {
        return switch (kind) {
            case WEIGHT -> step.weightDecay();
            case IDENTITY -> step.identityDecay();
            case NORM_BIAS, OTHER -> 0;
        };
    }

    /// The learning rate that a step asks for.
    public double learningRate(StepSettings step) {
        double rate = head ? step.learningRate() : step.learningRate() * step.bodyRate();
        return switch (kind) {
            case NORM_BIAS -> rate * step.normBiasRate();
            case WEIGHT, IDENTITY, OTHER -> rate;
        };
    }
}
