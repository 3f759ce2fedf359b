package org.repvgg.train;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.repvgg.data.LabelledImages;
import org.repvgg.image.Image;
import org.repvgg.image.Preprocessing;

/// One split, fitted to the network's size; 8 bits a sample, so CIFAR-10 takes 150 MB.
///
/// A split that fits into a third of the heap is decoded once, and its broken images are gone. A
/// larger one is decoded image by image whenever one is wanted, and a broken image shows when its
/// turn comes. Either way each is named once.
final class DecodedImages implements LabelledImages {
    private static final int HEAP_PART = 3;
    private static final int CHUNK = 256;

    private final LabelledImages source;
    private final Preprocessing preprocessing;
    private final Consumer<String> warnings;
    private final boolean kept;
    private final List<Integer> indexes = new ArrayList<>();
    private final List<Image> images = new ArrayList<>();
    private final ConcurrentSkipListMap<Integer, String> broken = new ConcurrentSkipListMap<>();

    /// What became of one image: one of the two is there.
    private record Decoded(@Nullable Image image, String problem) {}

    private DecodedImages(
            LabelledImages source,
            Preprocessing preprocessing,
            boolean kept,
            Consumer<String> warnings) {
        this.source = source;
        this.preprocessing = preprocessing;
        this.kept = kept;
        this.warnings = warnings;
    }

    /// Decodes the split with `threads` threads if it fits.
    ///
    /// @param warnings told about every broken image, by any thread
    /// @throws IOException if every image is broken
    static DecodedImages of(
            LabelledImages source,
            Preprocessing preprocessing,
            int threads,
            Consumer<String> warnings)
            throws IOException {
        long bytes = (long) preprocessing.elements() * source.size();
        boolean fits = bytes <= Runtime.getRuntime().maxMemory() / HEAP_PART;
        return of(source, preprocessing, threads, fits, warnings);
    }

    static DecodedImages of(
            LabelledImages source,
            Preprocessing preprocessing,
            int threads,
            boolean keep,
            Consumer<String> warnings)
            throws IOException {
        var decoded = new DecodedImages(source, preprocessing, keep, warnings);
        if (keep) {
            decoded.decodeAll(threads);
        }
        return decoded;
    }

    private void decodeAll(int threads) throws IOException {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<List<Decoded>>> chunks = new ArrayList<>();
            for (int from = 0; from < source.size(); from += CHUNK) {
                int first = from;
                chunks.add(pool.submit(() -> decodeChunk(first)));
            }
            int index = 0;
            for (Future<List<Decoded>> chunk : chunks) {
                for (Decoded result : chunk.get()) {
                    add(index++, result);
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof OutOfMemoryError memory) {
                throw memory;
            }
            throw new IllegalStateException("decoding failed: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while decoding");
        } finally {
            pool.shutdownNow();
        }
        if (images.isEmpty()) {
            throw new IOException(
                    "none of the %s images can be read; the first: %s"
                            .formatted(source.size(), broken.firstEntry().getValue()));
        }
    }

    private List<Decoded> decodeChunk(int first) {
        List<Decoded> results = new ArrayList<>();
        for (int i = first; i < Math.min(source.size(), first + CHUNK); i++) {
            try {
                results.add(new Decoded(preprocessing.fit(source.image(i)), ""));
            } catch (IOException e) {
                results.add(new Decoded(null, String.valueOf(e.getMessage())));
            }
        }
        return results;
    }

    private void add(int index, Decoded result) {
        if (result.image == null) {
            warn(index, result.problem);
        } else {
            indexes.add(index);
            images.add(result.image);
        }
    }

    private void warn(int index, String problem) {
        if (broken.put(index, problem) == null) {
            warnings.accept("left out: " + problem);
        }
    }

    /// Whether the images are in memory, so that one thread can serve an engine.
    boolean kept() {
        return kept;
    }

    /// One line for each image that could not be read so far.
    List<String> broken() {
        return List.copyOf(broken.values());
    }

    @Override
    public List<String> classNames() {
        return source.classNames();
    }

    @Override
    public int size() {
        return kept ? indexes.size() : source.size();
    }

    @Override
    public int label(int index) {
        return source.label(sourceIndex(index));
    }

    @Override
    public String name(int index) {
        return source.name(sourceIndex(index));
    }

    /// An image of the network's size.
    @Override
    public Image image(int index) throws IOException {
        if (kept) {
            return images.get(index);
        }
        try {
            return preprocessing.fit(source.image(index));
        } catch (IOException e) {
            warn(index, String.valueOf(e.getMessage()));
            throw e;
        }
    }

    private int sourceIndex(int index) {
        return kept ? indexes.get(index) : index;
    }
}
