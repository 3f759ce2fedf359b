package org.repvgg.train;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.repvgg.runtime.Classifier;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.TrainingEngine.Batch;

/// Mixes what a [Teacher] answers into the targets of each batch. Used by one thread.
final class TaughtTargets implements AutoCloseable {
    private final double part;
    private final double temperature;
    private final @Nullable Classifier classifier;

    /// @param teacher none leaves the targets as they are
    TaughtTargets(@Nullable Teacher teacher, int threads) {
        this.part = teacher == null ? 0 : teacher.part();
        this.temperature = teacher == null ? 1 : teacher.temperature();
        this.classifier = teacher == null ? null : FoldedForms.load(teacher.model(), threads);
    }

    /// The same images, their targets mixed with what the teacher thinks of them.
    ///
    /// @param bothSides whether it looks at their mirror images, too, and thinks the mean
    Batch of(Batch batch, boolean bothSides) {
        if (classifier == null) {
            return batch;
        }
        float[] targets = batch.targets().toArray();
        int classes = batch.targets().shape().dimension(1);
        List<Tensor> looks =
                bothSides
                        ? List.of(batch.images(), mirrored(batch.images()))
                        : List.of(batch.images());
        for (int i = 0; i < targets.length; i++) {
            targets[i] = (float) ((1 - part) * targets[i]);
        }
        for (Tensor images : looks) {
            float[] logits = classifier.logits(images).unsafeArray();
            for (int from = 0; from < targets.length; from += classes) {
                add(logits, targets, from, from + classes, part / looks.size());
            }
        }
        return new Batch(batch.images(), Tensor.ofOwned(batch.targets().shape(), targets));
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

    /// Adds `weight` times the softmax of an image's logits to its target.
    private void add(float[] logits, float[] targets, int from, int to, double weight) {
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
            targets[i] += (float) (weight * probability);
        }
    }

    @Override
    public void close() {
        if (classifier != null) {
            classifier.close();
        }
    }
}
