package org.repvgg.train;

import java.util.SplittableRandom;
import org.repvgg.evaluate.RandomImages;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.TrainingEngine.Batch;

/// Batches of noise with random classes: for measuring how long a step takes.
public final class RandomBatch {
    private RandomBatch() {}

    /// A batch that `spec` takes; the same `seed` gives the same.
    ///
    /// @param images their shape, `[n,c,h,w]`
    public static Batch of(RepVggSpec spec, Shape images, long seed) {
        return new Batch(
                RandomImages.noise(images, seed),
                targets(images.dimension(0), spec.classes(), seed));
    }

    /// One class each, `[count,classes]`; the same `seed` gives the same.
    public static Tensor targets(int count, int classes, long seed) {
        var random = new SplittableRandom(seed);
        float[] targets = new float[Math.multiplyExact(count, classes)];
        for (int i = 0; i < count; i++) {
            targets[i * classes + random.nextInt(classes)] = 1;
        }
        return Tensor.ofOwned(Shape.of(count, classes), targets);
    }
}
