package org.repvgg.train;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.repvgg.model.InputSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.TrainingEngine.Batch;

/// The batches of one epoch, prepared by a thread of its own while the engine works on the one
/// before.
///
/// Order and pixels follow from `(seed, epoch, index)` alone. What does not fill a last batch is
/// left out of this epoch; another epoch's order leaves out others.
final class BatchFeeder implements Iterator<Batch>, AutoCloseable {
    private static final int AHEAD = 3;

    private final DecodedImages images;
    private final Recipe recipe;
    private final InputSpec input;
    private final int classes;
    private final long seed;
    private final int[] order;
    private final int batches;
    private final BlockingQueue<Object> queue = new ArrayBlockingQueue<>(AHEAD);
    private final Thread thread;
    private int taken;

    BatchFeeder(
            DecodedImages images,
            Recipe recipe,
            InputSpec input,
            int classes,
            long seed,
            int epoch) {
        this.images = images;
        this.recipe = recipe;
        this.input = input;
        this.classes = classes;
        this.seed = mix(seed, epoch);
        this.order = permutation(images.size(), new SplittableRandom(this.seed));
        this.batches = batches(images.size(), recipe);
        this.thread = Thread.ofPlatform().daemon().name("batches").start(this::prepare);
    }

    /// Whole batches an epoch has; one smaller batch where the split is smaller than a batch.
    static int batches(int images, Recipe recipe) {
        return Math.max(1, images / recipe.batchSize());
    }

    @Override
    public boolean hasNext() {
        return taken < batches;
    }

    /// @throws TrainException if the next batch could not be prepared
    @Override
    public Batch next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the epoch has " + batches + " batches");
        }
        taken++;
        try {
            return switch (queue.take()) {
                case Batch batch -> batch;
                case TrainException e -> throw e;
                case Throwable e -> throw new TrainException("preparing a batch failed: " + e, e);
                case Object other -> throw new IllegalStateException("not a batch: " + other);
            };
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TrainException("interrupted", e);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    private void prepare() {
        try {
            for (int batch = 0; batch < batches; batch++) {
                queue.put(failureOr(batch));
            }
        } catch (InterruptedException _) {
            // closed: nobody waits for the rest
        }
    }

    private Object failureOr(int batch) {
        try {
            return batch(batch);
        } catch (RuntimeException | OutOfMemoryError e) {
            return e;
        }
    }

    private Batch batch(int batch) {
        int count = Math.min(recipe.batchSize(), order.length);
        Shape shape = Shape.of(count, input.channels(), input.height(), input.width());
        int elements = shape.elements() / count;
        float[] pixels = new float[shape.elements()];
        float[] targets = new float[count * classes];
        float[] image = new float[elements];
        for (int i = 0; i < count; i++) {
            int index = order[batch * count + i];
            images.into(index, image, 0);
            recipe.augmentation()
                    .apply(
                            image,
                            pixels,
                            i * elements,
                            input.channels(),
                            input.height(),
                            input.width(),
                            new SplittableRandom(mix(seed, index)));
            target(targets, i * classes, images.label(index));
        }
        return new Batch(
                Tensor.ofOwned(shape, pixels), Tensor.ofOwned(Shape.of(count, classes), targets));
    }

    /// `1 - smoothing` on the label and `smoothing / classes` everywhere.
    private void target(float[] targets, int offset, int label) {
        float rest = (float) (recipe.labelSmoothing() / classes);
        for (int c = 0; c < classes; c++) {
            targets[offset + c] = rest;
        }
        targets[offset + label] += (float) (1 - recipe.labelSmoothing());
    }

    private static int[] permutation(int size, SplittableRandom random) {
        int[] order = new int[size];
        for (int i = 0; i < size; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    private static long mix(long seed, long value) {
        return new SplittableRandom(seed * 0x9E3779B97F4A7C15L + value).nextLong();
    }
}
