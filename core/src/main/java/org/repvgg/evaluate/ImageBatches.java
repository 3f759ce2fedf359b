package org.repvgg.evaluate;

import static org.repvgg.tensor.Checks.checkArgument;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.repvgg.data.LabelledImages;
import org.repvgg.image.Image;
import org.repvgg.image.Preprocessing;
import org.repvgg.model.InputSpec;
import org.repvgg.tensor.Tensor;

/// The images of a split in order, decoded and prepared for a network in batches, some of them
/// ahead of their use. Used by one thread; closed when done.
public final class ImageBatches implements Iterator<ImageBatches.Batch>, AutoCloseable {
    /// About 4 MB a batch: enough to keep all cores busy, little enough to have several ahead.
    private static final int BATCH_ELEMENTS = 1 << 20;

    private static final int MAX_BATCH = 128;

    private final LabelledImages images;
    private final Preprocessing preprocessing;
    private final int batchSize;
    private final ExecutorService decoders;
    private final Queue<Future<Batch>> ahead = new ArrayDeque<>();
    private int scheduled;

    /// @param threads decoding threads; twice as many batches are kept ahead
    public ImageBatches(LabelledImages images, InputSpec input, int threads) {
        checkArgument(threads >= 1, "threads must be positive: %s", threads);
        this.images = images;
        this.preprocessing = new Preprocessing(input);
        this.batchSize = batchSize(input);
        this.decoders =
                Executors.newFixedThreadPool(
                        threads, Thread.ofPlatform().daemon().name("decode-", 0).factory());
        for (int i = 0; i < 2 * threads; i++) {
            schedule();
        }
    }

    /// Images a batch.
    public static int batchSize(InputSpec input) {
        long elements = (long) input.channels() * input.height() * input.width();
        return Math.clamp(BATCH_ELEMENTS / elements, 1, MAX_BATCH);
    }

    /// Some images, ready to be answered.
    ///
    /// @param images `[n,c,h,w]`, normalised; `n` is 0 where every image of the batch is broken
    /// @param indices of the images in the split, `n` of them
    /// @param broken one line for each image that could not be read
    public record Batch(Tensor images, List<Integer> indices, List<String> broken) {}

    @Override
    public boolean hasNext() {
        return !ahead.isEmpty();
    }

    /// @throws CancellationException if the thread is interrupted
    @Override
    public Batch next() {
        Future<Batch> head = ahead.poll();
        if (head == null) {
            throw new NoSuchElementException("no batch after the last of " + images.size());
        }
        schedule();
        try {
            return head.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while reading images");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof OutOfMemoryError memory) {
                throw memory;
            }
            throw new IllegalStateException("preparing images failed: " + e.getCause(), e);
        }
    }

    @Override
    public void close() {
        decoders.shutdownNow();
    }

    private void schedule() {
        if (scheduled < images.size()) {
            int first = scheduled;
            scheduled = Math.min(first + batchSize, images.size());
            int end = scheduled;
            ahead.add(decoders.submit(() -> read(first, end)));
        }
    }

    private Batch read(int first, int end) {
        List<Image> fitted = new ArrayList<>();
        List<Integer> indices = new ArrayList<>();
        List<String> broken = new ArrayList<>();
        for (int index = first; index < end; index++) {
            try {
                fitted.add(preprocessing.fit(images.image(index)));
                indices.add(index);
            } catch (IOException e) {
                broken.add(String.valueOf(e.getMessage()));
            }
        }
        return new Batch(preprocessing.batch(fitted), indices, broken);
    }
}
