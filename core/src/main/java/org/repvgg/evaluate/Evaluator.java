package org.repvgg.evaluate;

import static org.repvgg.tensor.Checks.checkArgument;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.repvgg.data.LabelledImages;
import org.repvgg.evaluate.ImageBatches.Batch;
import org.repvgg.runtime.Classifier;
import org.repvgg.tensor.Tensor;

/// Judges a classifier by labelled images.
public final class Evaluator {
    private static final int TOP = 5;

    private final int[][] confusion;
    private final List<String> broken = new ArrayList<>();
    private int judged;
    private int right;
    private int amongBest;

    private Evaluator(int classes) {
        this.confusion = new int[classes][classes];
    }

    /// Answers every image of a split once. Images that cannot be read are listed and not judged.
    ///
    /// @param threads threads that decode and prepare images while the classifier works
    /// @param progress hears of every batch
    /// @throws IOException if not one image can be read
    /// @throws IllegalArgumentException if the split is empty or its classes do not fit
    public static Evaluation evaluate(
            Classifier classifier, LabelledImages images, int threads, Progress progress)
            throws IOException {
        checkArgument(images.size() > 0, "there are no images to evaluate on");
        int classes = classifier.spec().classes();
        ClassMapping mapping =
                ClassMapping.of(classes, classifier.input().classNames(), images.classNames());
        Evaluator evaluator = new Evaluator(classes);
        long start = System.nanoTime();
        try (var batches = new ImageBatches(images, classifier.input(), threads)) {
            while (batches.hasNext()) {
                Batch batch = batches.next();
                evaluator.judge(classifier, images, mapping, batch);
                progress.at(evaluator.seen(), images.size());
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        return evaluator.evaluation(images, seconds);
    }

    private int seen() {
        return judged + broken.size();
    }

    private void judge(
            Classifier classifier, LabelledImages images, ClassMapping mapping, Batch batch) {
        broken.addAll(batch.broken());
        if (batch.indices().isEmpty()) {
            return;
        }
        Tensor logits = classifier.logits(batch.images());
        for (int row = 0; row < batch.indices().size(); row++) {
            int label = mapping.outputs().get(images.label(batch.indices().get(row)));
            judge(Ranking.of(logits, row), label);
        }
    }

    private void judge(Ranking ranking, int label) {
        int rank = ranking.rank(label);
        judged++;
        right += rank == 0 ? 1 : 0;
        amongBest += rank < TOP ? 1 : 0;
        confusion[label][ranking.best()]++;
    }

    private Evaluation evaluation(LabelledImages images, double seconds) throws IOException {
        if (judged == 0) {
            throw new IOException(
                    "none of the %s images can be read: %s"
                            .formatted(images.size(), broken.getFirst()));
        }
        return new Evaluation(
                (double) right / judged,
                (double) amongBest / judged,
                judged,
                List.copyOf(broken),
                seconds,
                Arrays.stream(confusion).map(row -> Arrays.stream(row).boxed().toList()).toList());
    }
}
