package org.repvgg.data;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

/// MNIST and its relatives: grey images and labels in IDX files, plain or gzipped.
///
/// An IDX file is two zero bytes, a type (8: unsigned byte), the number of dimensions, each extent
/// as a big-endian `int`, then the samples.
final class IdxFiles {
    private static final int IMAGES_MAGIC = 0x0803;
    private static final int LABELS_MAGIC = 0x0801;
    private static final int SIDE_LIMIT = 4096;
    private static final int FILE_LIMIT = 1 << 30;
    private static final List<String> FASHION =
            List.of(
                    "T-shirt/top",
                    "Trouser",
                    "Pullover",
                    "Dress",
                    "Coat",
                    "Sandal",
                    "Shirt",
                    "Sneaker",
                    "Bag",
                    "Ankle boot");

    private final Container container;
    private final Map<String, Container.Entry> files = new TreeMap<>();

    private IdxFiles(Container container) {
        this.container = container;
        for (Container.Entry entry : container.entries()) {
            files.putIfAbsent(plainName(entry), entry);
        }
    }

    /// The splits, if there are files named like MNIST's.
    static Optional<Splits> find(Container container) throws IOException {
        if (container.entries().size() > 1_000) {
            return Optional.empty(); // images; MNIST has four files
        }
        IdxFiles idx = new IdxFiles(container);
        Optional<Idx> train = idx.images("train-images-idx3-ubyte");
        Optional<Idx> test = idx.images("t10k-images-idx3-ubyte");
        if (train.isEmpty() && test.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(idx.splits(train, test));
    }

    private Splits splits(Optional<Idx> train, Optional<Idx> test) throws IOException {
        int[] trainLabels = labels(train, "train-labels-idx1-ubyte");
        int[] testLabels = labels(test, "t10k-labels-idx1-ubyte");
        int largest =
                IntStream.concat(Arrays.stream(trainLabels), Arrays.stream(testLabels))
                        .max()
                        .orElse(0);
        List<String> names = classNames(largest);
        return new Splits(
                train.map(images -> images.toSplit(trainLabels, names)),
                test.map(images -> images.toSplit(testLabels, names)),
                List.of());
    }

    /// An IDX file of unsigned bytes.
    private record Idx(String name, int count, int height, int width, byte[] data) {
        Split toSplit(int[] labels, List<String> classNames) {
            RawImages.Part part = new RawImages.Part(name, data, 0, height * width, labels);
            return new RawImages(classNames, 1, height, width, List.of(part));
        }
    }

    /// Without `.gz`, and as most spell it: some have `train-images.idx3-ubyte`.
    private static String plainName(Container.Entry entry) {
        String name = entry.fileName().toLowerCase(Locale.ROOT);
        name = name.endsWith(".gz") ? name.substring(0, name.length() - 3) : name;
        return name.replace(".idx", "-idx");
    }

    private Optional<Idx> images(String name) throws IOException {
        Container.Entry entry = files.get(name);
        if (entry == null) {
            return Optional.empty();
        }
        try (InputStream stream = open(entry)) {
            ByteBuffer header = header(stream, entry, 4, IMAGES_MAGIC);
            int count = header.getInt(4);
            int height = header.getInt(8);
            int width = header.getInt(12);
            long bytes = (long) count * height * width;
            boolean sane =
                    count > 0
                            && height > 0
                            && width > 0
                            && height <= SIDE_LIMIT
                            && width <= SIDE_LIMIT;
            if (!sane || bytes > FILE_LIMIT) {
                throw new DataException(
                        entry.path(), "absurd extents: %dx%dx%d".formatted(count, height, width));
            }
            return Optional.of(
                    new Idx(name, count, height, width, body(stream, entry, (int) bytes)));
        }
    }

    private int[] labels(Optional<Idx> images, String name) throws IOException {
        if (images.isEmpty()) {
            return new int[0];
        }
        Container.Entry entry = files.get(name);
        if (entry == null) {
            throw new DataException(
                    container.name(), "has %s but not %s".formatted(images.get().name(), name));
        }
        try (InputStream stream = open(entry)) {
            int count = header(stream, entry, 2, LABELS_MAGIC).getInt(4);
            if (count != images.get().count()) {
                throw new DataException(
                        entry.path(),
                        "%d labels for %d images".formatted(count, images.get().count()));
            }
            byte[] data = body(stream, entry, count);
            return IntStream.range(0, count).map(i -> data[i] & 0xff).toArray();
        }
    }

    private InputStream open(Container.Entry entry) throws IOException {
        InputStream stored = new ByteArrayInputStream(container.read(entry, FILE_LIMIT));
        if (!entry.path().toLowerCase(Locale.ROOT).endsWith(".gz")) {
            return stored;
        }
        try {
            return new GZIPInputStream(stored, 1 << 16);
        } catch (IOException e) {
            throw new DataException(entry.path(), "is no gzip file: " + e.getMessage(), e);
        }
    }

    private static ByteBuffer header(InputStream stream, Container.Entry entry, int ints, int magic)
            throws IOException {
        ByteBuffer header = ByteBuffer.wrap(read(stream, entry, 4 * ints));
        if (header.limit() == 4 * ints && header.getInt(0) == magic) {
            return header;
        }
        throw new DataException(
                entry.path(),
                "is no IDX file of this kind: expected to begin with %08x, begins with %s"
                        .formatted(magic, beginning(header)));
    }

    private static String beginning(ByteBuffer header) {
        return header.limit() < 4
                ? "only %d bytes".formatted(header.limit())
                : "%08x".formatted(header.getInt(0));
    }

    private static byte[] body(InputStream stream, Container.Entry entry, int length)
            throws IOException {
        byte[] body = read(stream, entry, length);
        if (body.length != length) {
            throw new DataException(
                    entry.path(),
                    "truncated: expected %d bytes after the header, the file has %d"
                            .formatted(length, body.length));
        }
        if (stream.read() >= 0) {
            throw new DataException(
                    entry.path(),
                    "goes on after the %d bytes its header promises".formatted(length));
        }
        return body;
    }

    private static byte[] read(InputStream stream, Container.Entry entry, int length)
            throws IOException {
        try {
            return stream.readNBytes(length);
        } catch (IOException e) {
            throw new DataException(entry.path(), "damaged: " + e.getMessage(), e);
        }
    }

    /// From `classes.txt`, one a line, where it is there; Fashion-MNIST's own for a source named
    /// so; else numbers.
    private List<String> classNames(int largest) throws IOException {
        Container.Entry listed = files.get("classes.txt");
        List<String> names = new ArrayList<>();
        if (listed != null) {
            String text = new String(container.read(listed, 1 << 16), StandardCharsets.UTF_8);
            text.lines().map(String::strip).filter(name -> !name.isEmpty()).forEach(names::add);
        } else if (container.name().toLowerCase(Locale.ROOT).contains("fashion")) {
            names.addAll(FASHION);
        }
        for (int label = names.size(); label <= Math.max(largest, 1); label++) {
            names.add(Integer.toString(label));
        }
        return names;
    }
}
