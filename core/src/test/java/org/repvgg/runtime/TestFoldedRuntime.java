package org.repvgg.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.repvgg.fold.Fold;
import org.repvgg.fold.NotFoldableException;
import org.repvgg.model.BranchedModel;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// The heart of the project: branches before, one convolution after, the same answers.
final class TestFoldedRuntime {
    private static final long SEED = 20261128;

    static List<RepVggSpec> foldable() {
        return OddSpecs.branched().stream().filter(TestFoldedRuntime::isFoldable).toList();
    }

    private static boolean isFoldable(RepVggSpec spec) {
        try {
            Fold.checkFoldable(spec);
            return true;
        } catch (NotFoldableException e) {
            return false;
        }
    }

    @ParameterizedTest
    @MethodSource("foldable")
    void bothFormsAnswerAlike(RepVggSpec spec) {
        BranchedModel model = RandomModels.branched(spec, SEED);
        RuntimeOptions options = new RuntimeOptions(2);
        try (Classifier branched = Runtimes.load(model, options);
                Classifier plain = Runtimes.load(Fold.fold(model), options)) {
            Tensor images = RandomModels.images(4, spec.inputChannels(), 17, 14, SEED);
            Tensor expected = branched.logits(images);
            double magnitude = NaiveNetwork.Maps.of(expected.reshape(asMaps(expected))).magnitude();
            assertThat(TestPlainRuntime.difference(plain.logits(images), expected))
                    .as("seed %s", SEED)
                    .isLessThanOrEqualTo(2 * Tolerance.of(spec, magnitude)); // both round
        }
    }

    private static Shape asMaps(Tensor logits) {
        return Shape.of(logits.shape().dimension(0), logits.shape().dimension(1), 1, 1);
    }
}
