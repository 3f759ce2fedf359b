package org.repvgg.train;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.repvgg.runtime.Classifier;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.TrainingEngine.Batch;

/// Mixes what a [Teacher] answers into the targets of each batch. Used by one thread.
final class TaughtTargets implements AutoCloseable {
    private final @Nullable Teacher teacher;
    private final @Nullable Classifier classifier;
    private final Map<Place, float[]> kept = new HashMap<>();

    /// A batch among those of all epochs that show something new.
    private record Place(int view, int number) {}

    /// @param teacher none leaves the targets as they are
    TaughtTargets(@Nullable Teacher teacher, int threads) {
        this.teacher = teacher;
        this.classifier = teacher == null ? null : FoldedForms.load(teacher.model(), threads);
    }

    /// The epoch whose batches epoch `epoch` shows.
    int view(int epoch, Recipe recipe) {
        return teacher == null ? epoch : teacher.view(epoch, recipe);
    }

    /// The same images, their targets mixed with what the teacher thinks of them.
    ///
    /// @param bothSides whether it looks at their mirror images, too, and thinks the mean
    /// @param view the epoch that shows this batch first, from which it is remembered if the
    ///   teacher is asked about some epochs only
    /// @param number the batch's place in that epoch
    Batch of(Batch batch, boolean bothSides, int view, int number) {
        if (teacher == null || classifier == null) {
            return batch;
        }
        float[] thoughts =
                teacher.views() == 0
                        ? thoughts(classifier, batch, bothSides)
                        : kept.computeIfAbsent(
                                new Place(view, number),
                                _ -> thoughts(classifier, batch, bothSides));
        float[] targets = batch.targets().toArray();
        double part = teacher.part();
        for (int i = 0; i < targets.length; i++) {
            targets[i] = (float) ((1 - part) * targets[i] + part * thoughts[i]);
        }
        return new Batch(batch.images(), Tensor.ofOwned(batch.targets().shape(), targets));
    }

    /// What the teacher thinks of each image, as softened probabilities.
    private float[] thoughts(Classifier classifier, Batch batch, boolean bothSides) {
        int classes = batch.targets().shape().dimension(1);
        float[] thoughts = new float[batch.targets().shape().elements()];
        List<Tensor> looks =
                bothSides
                        ? List.of(batch.images(), mirrored(batch.images()))
                        : List.of(batch.images());
        for (Tensor images : looks) {
            float[] logits = classifier.logits(images).unsafeArray();
            for (int from = 0; from < thoughts.length; from += classes) {
                add(logits, thoughts, from, from + classes, 1.0 / looks.size());
            }
        }
        return thoughts;
    }

    /// Every row of every image, from right to left.
    private static Tensor mirrored(Tensor images) {
        float[] pixels = images.unsafeArray();
        int width = images.shape().dimension(3);
        float[] result = new float[pixels.length];
        for (int row = 0; row < pixels.length; row += width) {
            for (int x = 0; x < width; x++) {
                result[row + x] = pixels[row + width - 1 - x];
            }
        }
        return Tensor.ofOwned(images.shape(), result);
    }

    /// Adds `weight` times the softmax of an image's softened logits to what is thought of it.
    private void add(float[] logits, float[] thoughts, int from, int to, double weight) {
        double temperature = teacher == null ? 1 : teacher.temperature();
        double max = Double.NEGATIVE_INFINITY;
        for (int i = from; i < to; i++) {
            max = Math.max(max, logits[i]);
        }
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += Math.exp((logits[i] - max) / temperature);
        }
        for (int i = from; i < to; i++) {
            double probability = Math.exp((logits[i] - max) / temperature) / sum;
            thoughts[i] += (float) (weight * probability);
        }
    }

    @Override
    public void close() {
        if (classifier != null) {
            classifier.close();
        }
    }
}
