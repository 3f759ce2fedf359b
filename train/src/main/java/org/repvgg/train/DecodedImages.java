package org.repvgg.train;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.repvgg.data.LabelledImages;
import org.repvgg.image.Image;
import org.repvgg.image.Preprocessing;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// One split, decoded once and fitted to the network's size; 8 bits a sample, so CIFAR-10 takes 150
/// MB.
///
/// A split that would not fit into a third of the heap is decoded again whenever an image is
/// wanted.
final class DecodedImages {
    private static final int HEAP_PART = 3;
    private static final int CHUNK = 256;

    private final LabelledImages source;
    private final Preprocessing preprocessing;
    private final List<Integer> indexes = new ArrayList<>();
    private final List<Image> images = new ArrayList<>();
    private final List<String> broken = new ArrayList<>();
    private final boolean kept;

    private DecodedImages(LabelledImages source, Preprocessing preprocessing) {
        this.source = source;
        this.preprocessing = preprocessing;
        long bytes = (long) preprocessing.elements() * source.size();
        this.kept = bytes <= Runtime.getRuntime().maxMemory() / HEAP_PART;
    }

    /// Decodes the whole split with `threads` threads, whether it is kept or only checked.
    ///
    /// @throws IOException if no image can be read
    static DecodedImages of(LabelledImages source, Preprocessing preprocessing, int threads)
            throws IOException {
        var decoded = new DecodedImages(source, preprocessing);
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Future<List<Object>>> chunks = new ArrayList<>();
            for (int from = 0; from < source.size(); from += CHUNK) {
                int first = from;
                chunks.add(pool.submit(() -> decoded.decode(first)));
            }
            int index = 0;
            for (Future<List<Object>> chunk : chunks) {
                for (Object result : chunk.get()) {
                    decoded.add(index++, result);
                }
            }
        } catch (ExecutionException e) {
            throw new IOException("decoding failed: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while decoding", e);
        }
        if (decoded.indexes.isEmpty()) {
            throw new IOException(
                    "none of the "
                            + source.size()
                            + " images can be read; the first: "
                            + (decoded.broken.isEmpty()
                                    ? "none there"
                                    : decoded.broken.getFirst()));
        }
        return decoded;
    }

    /// The images from `first`, an [IOException] in the place of each that is broken.
    private List<Object> decode(int first) {
        List<Object> results = new ArrayList<>();
        for (int i = first; i < Math.min(source.size(), first + CHUNK); i++) {
            try {
                Image image = preprocessing.fit(source.image(i));
                results.add(kept ? image : Boolean.TRUE);
            } catch (IOException e) {
                results.add(e);
            }
        }
        return results;
    }

    private void add(int index, Object result) {
        if (result instanceof IOException e) {
            broken.add(String.valueOf(e.getMessage()));
            return;
        }
        indexes.add(index);
        if (result instanceof Image image) {
            images.add(image);
        }
    }

    int size() {
        return indexes.size();
    }

    int label(int index) {
        return source.label(indexes.get(index));
    }

    List<String> classNames() {
        return source.classNames();
    }

    /// One line for each image that could not be read.
    List<String> broken() {
        return broken;
    }

    /// Writes image `index`, normalised, as `[channels,height,width]`.
    void into(int index, float[] target, int offset) {
        preprocessing.into(image(index), target, offset);
    }

    /// Images `[from,to)` as `[n,c,h,w]`.
    Tensor batch(int from, int to) {
        int channels = preprocessing.input().channels();
        Shape shape =
                Shape.of(
                        to - from,
                        channels,
                        preprocessing.input().height(),
                        preprocessing.input().width());
        float[] data = new float[shape.elements()];
        for (int i = from; i < to; i++) {
            into(i, data, (i - from) * preprocessing.elements());
        }
        return Tensor.ofOwned(shape, data);
    }

    private Image image(int index) {
        @Nullable Image image = kept ? images.get(index) : null;
        if (image != null) {
            return image;
        }
        try {
            return preprocessing.fit(source.image(indexes.get(index)));
        } catch (IOException e) {
            throw new TrainException(
                    "an image that could be read at the start cannot be read now: "
                            + e.getMessage(),
                    e);
        }
    }
}
