package org.repvgg.evaluate;

import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.repvgg.model.InputSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Images of noise, standard normal in every channel as normalised images are: what a fold is
/// verified on where no data is at hand.
public final class RandomImages {
    private RandomImages() {}

    /// @param count number of images, in batches of one to eight
    /// @return batches `[n,c,h,w]`; the same `seed` gives the same images
    public static Iterator<Tensor> batches(InputSpec input, int count, long seed) {
        int batchSize = 8;
        SplittableRandom random = new SplittableRandom(seed);
        List<Integer> starts =
                IntStream.range(0, count).filter(i -> i % batchSize == 0).boxed().toList();
        return starts.stream()
                .map(start -> batch(input, Math.min(batchSize, count - start), random))
                .iterator();
    }

    private static Tensor batch(InputSpec input, int n, SplittableRandom random) {
        return noise(Shape.of(n, input.channels(), input.height(), input.width()), random);
    }

    /// Noise of any shape; the same `seed` gives the same.
    public static Tensor noise(Shape shape, long seed) {
        return noise(shape, new SplittableRandom(seed));
    }

    private static Tensor noise(Shape shape, SplittableRandom random) {
        float[] data = new float[shape.elements()];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return Tensor.ofOwned(shape, data);
    }
}
