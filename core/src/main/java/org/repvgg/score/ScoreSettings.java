package org.repvgg.score;

import static org.repvgg.tensor.Checks.checkArgument;

import java.io.Serializable;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.repvgg.evaluate.ImageBatches;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.StageNames;

/// What is asked about every image.
///
/// @param top classes of an answer, at most
/// @param features the stage whose maps, averaged over their places, are written beside the
///   classes, by its name; null for none
/// @param batch images of a pass. Every pass has exactly as many, so that an image's answer is the
///   same to the last bit whichever images it shares the pass with
public record ScoreSettings(int top, @Nullable String features, int batch) implements Serializable {
    private static final int MAX_BATCH = 4096;

    /// Classes of an answer where nothing is said.
    public static final int USUAL_TOP = 5;

    public ScoreSettings {
        checkArgument(top >= 1, "an answer has at least 1 class, not %s", top);
        checkArgument(
                batch >= 1 && batch <= MAX_BATCH,
                "a batch must be from 1 to %s, not %s",
                MAX_BATCH,
                batch);
    }

    /// Five classes, no features, and the batch that `evaluate` has.
    public static ScoreSettings usual(InputSpec input) {
        return new ScoreSettings(USUAL_TOP, null, ImageBatches.batchSize(input));
    }

    public ScoreSettings withTop(int classes) {
        return new ScoreSettings(classes, features, batch);
    }

    public ScoreSettings withFeatures(@Nullable String stage) {
        return new ScoreSettings(top, stage, batch);
    }

    public ScoreSettings withBatch(int images) {
        return new ScoreSettings(top, features, images);
    }

    /// The block whose maps are [#features]; empty where none are wanted.
    ///
    /// @throws IllegalArgumentException if the network has no such stage
    public Optional<Integer> featureBlock(RepVggSpec spec) {
        if (features == null) {
            return Optional.empty();
        }
        int stage =
                StageNames.find(spec, features)
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "features are of stage0 to stage%s, not of '%s'"
                                                        .formatted(spec.stages() - 1, features)));
        return Optional.of(spec.lastBlock(stage));
    }
}
