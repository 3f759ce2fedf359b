package org.repvgg.train;

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
    Batch of(Batch batch) {
        if (classifier == null) {
            return batch;
        }
        float[] logits = classifier.logits(batch.images()).unsafeArray();
        float[] targets = batch.targets().toArray();
        int classes = batch.targets().shape().dimension(1);
        for (int from = 0; from < targets.length; from += classes) {
            mix(logits, targets, from, from + classes);
        }
        return new Batch(batch.images(), Tensor.ofOwned(batch.targets().shape(), targets));
    }

    private void mix(float[] logits, float[] targets, int from, int to) {
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
            targets[i] = (float) ((1 - part) * targets[i] + part * probability);
        }
    }

    @Override
    public void close() {
        if (classifier != null) {
            classifier.close();
        }
    }
}
