package org.repvgg.train;

import java.io.IOException;
import org.repvgg.data.LabelledImages;
import org.repvgg.evaluate.ClassMapping;
import org.repvgg.fold.Fold;
import org.repvgg.fold.NotFoldableException;
import org.repvgg.image.Preprocessing;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InputSpec;
import org.repvgg.runtime.BranchedRuntime;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.PlainRuntime;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.tensor.Tensor;

/// Judges a network between epochs: on the plain runtime of its fold, or branch by branch where it
/// cannot be folded.
final class Judge {
    private static final int BATCH = 256;

    private final DecodedImages images;
    private final ClassMapping classes;
    private final RuntimeOptions options;

    private Judge(DecodedImages images, ClassMapping classes, int threads) {
        this.images = images;
        this.classes = classes;
        this.options = new RuntimeOptions(threads);
    }

    /// Reads the test split.
    static Judge of(Trainer.Job job, Preprocessing preprocessing, TrainListener listener)
            throws IOException {
        LabelledImages test = job.data().test();
        InputSpec input = job.initial().input();
        ClassMapping classes =
                ClassMapping.of(
                        job.initial().spec().classes(), input.classNames(), test.classNames());
        listener.message("reading " + test.size() + " images to judge by");
        DecodedImages images = DecodedImages.of(test, preprocessing, job.threads());
        Trainer.report(images.broken(), listener);
        return new Judge(images, classes, job.threads());
    }

    /// Fraction of the split answered right.
    ///
    /// @param beforeBatch runs before every batch; may throw to stop
    double top1(BranchedModel model, Runnable beforeBatch) {
        int right = 0;
        try (Classifier classifier = classifier(model)) {
            for (int from = 0; from < images.size(); from += BATCH) {
                beforeBatch.run();
                int to = Math.min(images.size(), from + BATCH);
                Tensor logits = classifier.logits(images.batch(from, to));
                int width = logits.shape().dimension(1);
                for (int i = from; i < to; i++) {
                    int label = classes.outputs().get(images.label(i));
                    right += best(logits, (i - from) * width, width) == label ? 1 : 0;
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
