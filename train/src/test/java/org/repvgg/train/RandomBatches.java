package org.repvgg.train;

import java.util.SplittableRandom;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.TrainingEngine.Batch;

/// Batches of noise whose targets may lie between classes.
public final class RandomBatches {
    private RandomBatches() {}

    /// @param images their shape, `[n,c,h,w]`
    /// @param parts of a target, which add up to 1: each goes to a class at random
    public static Batch of(SplittableRandom random, Shape images, int classes, float... parts) {
        float[] pixels = new float[images.elements()];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) random.nextGaussian();
        }
        int count = images.dimension(0);
        float[] targets = new float[count * classes];
        for (int n = 0; n < count; n++) {
            for (float part : parts) {
                targets[n * classes + random.nextInt(classes)] += part;
            }
        }
        return new Batch(
                Tensor.ofOwned(images, pixels), Tensor.ofOwned(Shape.of(count, classes), targets));
    }
}
