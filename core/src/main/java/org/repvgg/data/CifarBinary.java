package org.repvgg.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// CIFAR-10 and CIFAR-100 as their authors' binary version has them.
///
/// A record is its label (CIFAR-100: coarse label, fine label) and 3,072 bytes: a plane of 32x32
/// each for red, green and blue. Of CIFAR-100 the 100 fine labels are used.
final class CifarBinary {
    private static final int SIDE = 32;
    private static final int PIXELS = 3 * SIDE * SIDE;
    private static final int RECORDS_PER_BATCH = 10_000;
    private static final int FILE_LIMIT = 1 << 30;

    private final Container container;
    private final TreeMap<String, Container.Entry> files = new TreeMap<>();

    private CifarBinary(Container container) {
        this.container = container;
        for (Container.Entry entry : container.entries()) {
            files.putIfAbsent(entry.fileName(), entry);
        }
    }

    /// The splits, if the container holds one of the two data sets.
    static Optional<Splits> find(Container container) throws IOException {
        if (container.entries().size() > 1_000) {
            return Optional.empty(); // images; CIFAR's archives have eight files
        }
        CifarBinary cifar = new CifarBinary(container);
        if (cifar.files.keySet().stream().anyMatch(CifarBinary::isBatch)) {
            return Optional.of(cifar.ten());
        }
        if (cifar.files.containsKey("fine_label_names.txt") || cifar.hasHundredsRecords()) {
            return Optional.of(cifar.hundred());
        }
        cifar.checkNoPickles();
        return Optional.empty();
    }

    private static boolean isBatch(String name) {
        return name.matches("data_batch_[1-5]\\.bin|test_batch\\.bin");
    }

    private boolean hasHundredsRecords() {
        return files.containsKey("train.bin")
                && files.containsKey("test.bin")
                && files.get("test.bin").size() % (PIXELS + 2) == 0;
    }

    private void checkNoPickles() throws DataException {
        if (files.containsKey("data_batch_1")) {
            throw new DataException(
                    container.name(),
                    "is CIFAR's Python version; the binary version is wanted: cifar-10-binary.tar.gz");
        }
    }

    private Splits ten() throws IOException {
        List<String> names =
                names(
                        "batches.meta.txt",
                        List.of(
                                "airplane",
                                "automobile",
                                "bird",
                                "cat",
                                "deer",
                                "dog",
                                "frog",
                                "horse",
                                "ship",
                                "truck"));
        List<String> notes = new ArrayList<>();
        List<RawImages.Part> train = new ArrayList<>();
        for (int batch = 1; batch <= 5; batch++) {
            String file = "data_batch_" + batch + ".bin";
            part(file, 1, names.size())
                    .ifPresentOrElse(train::add, () -> notes.add(file + " is missing"));
        }
        Optional<RawImages.Part> test = part("test_batch.bin", 1, names.size());
        return new Splits(
                train.isEmpty() ? Optional.empty() : Optional.of(images(names, train)),
                test.map(part -> images(names, List.of(part))),
                notes);
    }

    private Splits hundred() throws IOException {
        List<String> numbers = IntStream.range(0, 100).mapToObj(Integer::toString).toList();
        List<String> names = names("fine_label_names.txt", numbers);
        Optional<RawImages.Part> train = part("train.bin", 2, names.size());
        Optional<RawImages.Part> test = part("test.bin", 2, names.size());
        if (train.isEmpty() && test.isEmpty()) {
            throw new DataException(container.name(), "has neither train.bin nor test.bin");
        }
        return new Splits(
                train.map(part -> images(names, List.of(part))),
                test.map(part -> images(names, List.of(part))),
                List.of());
    }

    private static RawImages images(List<String> names, List<RawImages.Part> parts) {
        return new RawImages(names, 3, SIDE, SIDE, parts);
    }

    private List<String> names(String file, List<String> standard) throws IOException {
        Container.Entry entry = files.get(file);
        if (entry == null) {
            return standard;
        }
        String text = new String(container.read(entry, 1 << 16), StandardCharsets.UTF_8);
        List<String> names = text.lines().map(String::strip).filter(n -> !n.isEmpty()).toList();
        if (names.size() != standard.size()) {
            throw new DataException(
                    entry.path(),
                    "names %d classes, expected %d".formatted(names.size(), standard.size()));
        }
        return names;
    }

    /// @param labelBytes bytes before the pixels; the last of them is the label
    private Optional<RawImages.Part> part(String file, int labelBytes, int classes)
            throws IOException {
        Container.Entry entry = files.get(file);
        if (entry == null) {
            return Optional.empty();
        }
        int record = labelBytes + PIXELS;
        if (entry.size() == 0 || entry.size() % record != 0) {
            throw new DataException(
                    entry.path(), truncated(entry.size(), record, file.equals("train.bin")));
        }
        byte[] data = container.read(entry, FILE_LIMIT);
        int[] labels = new int[data.length / record];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = data[i * record + labelBytes - 1] & 0xff;
            if (labels[i] >= classes) {
                throw new DataException(
                        entry.path(),
                        "record %d has label %d, there are %d classes"
                                .formatted(i, labels[i], classes));
            }
        }
        return Optional.of(new RawImages.Part(entry.fileName(), data, labelBytes, record, labels));
    }

    private static String truncated(long size, int record, boolean fiveBatches) {
        int records = fiveBatches ? 5 * RECORDS_PER_BATCH : RECORDS_PER_BATCH;
        return "truncated or damaged: expected %,d records of %d bytes = %d bytes, the file has %d"
                .formatted(records, record, (long) records * record, size);
    }
}
