package org.repvgg.train;

import java.io.IOException;
import org.repvgg.evaluate.Evaluation;
import org.repvgg.evaluate.Evaluator;
import org.repvgg.model.BranchedModel;
import org.repvgg.runtime.Classifier;

/// Judges a network between epochs.
final class Judge {
    private final DecodedImages images;
    private final int threads;

    Judge(DecodedImages images, int threads) {
        this.images = images;
        this.threads = threads;
    }

    /// What the network answers to the split.
    ///
    /// @param afterBatch runs after every batch; may throw to stop
    Evaluation evaluate(BranchedModel model, Runnable afterBatch) throws IOException {
        try (Classifier classifier = FoldedForms.load(model, threads)) {
            return Evaluator.evaluate(classifier, images, threads, (_, _) -> afterBatch.run());
        }
    }
}
