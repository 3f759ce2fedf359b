package org.repvgg.train;

import java.io.IOException;
import org.repvgg.evaluate.Evaluator;
import org.repvgg.fold.Fold;
import org.repvgg.fold.NotFoldableException;
import org.repvgg.model.BranchedModel;
import org.repvgg.runtime.BranchedRuntime;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.PlainRuntime;
import org.repvgg.runtime.RuntimeOptions;

/// Judges a network between epochs: on the plain runtime of its fold, or branch by branch where it
/// cannot be folded.
final class Judge {
    private final DecodedImages images;
    private final int threads;

    Judge(DecodedImages images, int threads) {
        this.images = images;
        this.threads = threads;
    }

    /// Fraction of the split answered right.
    ///
    /// @param afterBatch runs after every batch; may throw to stop
    double top1(BranchedModel model, Runnable afterBatch) throws IOException {
        try (Classifier classifier = classifier(model)) {
            return Evaluator.evaluate(classifier, images, threads, (_, _) -> afterBatch.run())
                    .top1();
        }
    }

    private Classifier classifier(BranchedModel model) {
        RuntimeOptions options = new RuntimeOptions(threads);
        try {
            return PlainRuntime.load(Fold.fold(model), options);
        } catch (NotFoldableException _) {
            return BranchedRuntime.load(model, options);
        }
    }
}
