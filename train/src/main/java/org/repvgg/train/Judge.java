package org.repvgg.train;

import org.repvgg.fold.Fold;
import org.repvgg.fold.NotFoldableException;
import org.repvgg.model.BranchedModel;
import org.repvgg.runtime.BranchedRuntime;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.PlainRuntime;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.tensor.Tensor;

/// Judges a network between epochs: on the plain runtime of its fold, or branch by branch where it cannot be folded.
final class Judge {
    private static final int BATCH = 256;

    private final DecodedImages images;
    private final RuntimeOptions options;

    Judge(DecodedImages images, int threads) {
        this.images = images;
        this.options = new RuntimeOptions(threads);
    }

    /// Fraction of the split answered right.
    double top1(BranchedModel model) {
        int right = 0;
        try (Classifier classifier = classifier(model)) {
            for (int from = 0; from < images.size(); from += BATCH) {
                int to = Math.min(images.size(), from + BATCH);
                Tensor logits = classifier.logits(images.batch(from, to));
                int classes = logits.shape().dimension(1);
                for (int i = from; i < to; i++) {
                    right += best(logits, (i - from) * classes, classes) == images.label(i) ? 1 : 0;
                }
            }
        }
        return (double) right / images.size();
    }

    private Classifier classifier(BranchedModel model) {
        try {
            return PlainRuntime.load(Fold.fold(model), options);
        } catch (NotFoldableException _) {
            return BranchedRuntime.load(model, options);
        }
    }

    private static int best(Tensor logits, int offset, int classes) {
        int best = 0;
        for (int c = 1; c < classes; c++) {
            if (logits.get(offset + c) > logits.get(offset + best)) {
                best = c;
            }
        }
        return best;
    }
}
