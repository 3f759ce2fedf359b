package org.repvgg.train;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.repvgg.image.Preprocessing;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.TrainingEngine.Batch;

/// What running statistics are recomputed over: training images as they are, neither moved nor
/// mixed, in whole batches and in an order that follows from the seed. Used by one thread.
final class StatisticsImages implements Iterator<Tensor>, AutoCloseable {
    private final BatchFeeder batches;
    private final Runnable beforeBatch;
    private int left;
    private @Nullable Tensor ahead;

    /// @param beforeBatch runs before each; may throw to stop
    StatisticsImages(
            DecodedImages images,
            Recipe recipe,
            Preprocessing preprocessing,
            int classes,
            long seed,
            int threads,
            Runnable beforeBatch) {
        Recipe plain =
                recipe.toBuilder()
                        .accumulation(1)
                        .repeats(1)
                        .augmentation(Augmentation.NONE)
                        .cutMix(CutMix.NONE)
                        .mixup(Mixup.NONE)
                        .build();
        int epoch = recipe.epochs() + 1; // an order of its own
        this.batches =
                new BatchFeeder(
                        images,
                        Ranks.alone(),
                        plain,
                        preprocessing,
                        classes,
                        seed,
                        epoch,
                        epoch,
                        threads);
        this.beforeBatch = beforeBatch;
        this.left =
                Math.min(
                        Math.ceilDiv(recipe.statisticsImages(), recipe.batchSize()),
                        BatchFeeder.batches(images.size(), plain));
    }

    @Override
    public boolean hasNext() {
        while (ahead == null && left > 0) {
            beforeBatch.run();
            left--;
            Optional<Batch> batch = batches.next().batch();
            ahead = batch.map(Batch::images).orElse(null); // none where all are broken
        }
        return ahead != null;
    }

    @Override
    public Tensor next() {
        if (!hasNext() || ahead == null) {
            throw new NoSuchElementException("no images are left");
        }
        Tensor images = ahead;
        ahead = null;
        return images;
    }

    @Override
    public void close() {
        batches.close();
    }
}
