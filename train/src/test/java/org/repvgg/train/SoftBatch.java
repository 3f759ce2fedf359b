package org.repvgg.train;

import java.util.SplittableRandom;
import org.repvgg.evaluate.RandomImages;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.TrainingEngine.Batch;

/// Batches of noise like [RandomBatch]'s, whose targets lie between two classes at random.
public final class SoftBatch {
    private static final float[] PARTS = {0.75f, 0.25f};

    private SoftBatch() {}

    /// @param images their shape, `[n,c,h,w]`
    public static Batch of(Shape images, int classes, long seed) {
        var random = new SplittableRandom(seed);
        int count = images.dimension(0);
        float[] targets = new float[count * classes];
        for (int n = 0; n < count; n++) {
            for (float part : PARTS) {
                targets[n * classes + random.nextInt(classes)] += part;
            }
        }
        return new Batch(
                RandomImages.noise(images, seed),
                Tensor.ofOwned(Shape.of(count, classes), targets));
    }
}
