package org.repvgg.format;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.TorchPickle.Storage;

/// A zip as PyTorch writes it since version 1.6: the pickle in `archive/data.pkl`, storages in
/// `archive/data/0` and so on, none of them compressed.
final class ZippedStorages implements TorchStorages {
    private static final String PICKLE = "/data.pkl";
    private static final String LITTLE = "little";

    private final Path path;
    private final ZipFile zip;
    private final String folder;

    private ZippedStorages(Path path, ZipFile zip) throws IOException {
        this.path = path;
        this.zip = zip;
        List<String> pickles =
                zip.stream().map(ZipEntry::getName).filter(name -> name.endsWith(PICKLE)).toList();
        if (pickles.size() != 1) {
            throw new CheckpointException(
                    path,
                    "a zip with %s files named data.pkl, PyTorch's have one"
                            .formatted(pickles.size()));
        }
        String pickle = pickles.getFirst();
        this.folder = pickle.substring(0, pickle.length() - PICKLE.length());
        if (zip.getEntry(folder + "/constants.pkl") != null) {
            throw new CheckpointException(
                    path, "a TorchScript program, which is not run: save its state_dict alone");
        }
    }

    static ZippedStorages open(Path path) throws IOException {
        ZipFile zip;
        try {
            zip = new ZipFile(path.toFile());
        } catch (ZipException | IllegalArgumentException e) {
            throw new CheckpointException(path, "not a sound zip: " + e.getMessage());
        }
        try {
            return new ZippedStorages(path, zip);
        } catch (IllegalArgumentException e) { // names that are not UTF-8
            zip.close();
            throw new CheckpointException(path, "not a sound zip: " + e.getMessage());
        } catch (IOException | RuntimeException | Error e) {
            zip.close();
            throw e;
        }
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public Object root(Unpickler.Library library) throws IOException {
        byte[] order = content("byteorder", LITTLE.length() + 1);
        if (order != null && !new String(order, StandardCharsets.US_ASCII).equals(LITTLE)) {
            throw new CheckpointException(path, "its elements are not little-endian");
        }
        byte[] pickle = content("data.pkl", Unpickler.MAX_BYTES);
        if (pickle == null) {
            throw new CheckpointException(path, "has no data.pkl");
        }
        return new Unpickler(path, folder + PICKLE, ByteBuffer.wrap(pickle), library).read();
    }

    /// A small file of the folder; null if there is none.
    private byte @Nullable [] content(String name, int most) throws IOException {
        ZipEntry entry = zip.getEntry(folder + "/" + name);
        if (entry == null) {
            return null;
        }
        checkStored(entry);
        if (entry.getSize() > most) {
            throw new CheckpointException(
                    path,
                    "%s has %s bytes, at most %s are read".formatted(name, entry.getSize(), most));
        }
        try (InputStream in = zip.getInputStream(entry)) {
            return in.readNBytes((int) entry.getSize());
        } catch (ZipException e) {
            throw new CheckpointException(path, "not a sound zip: " + e.getMessage());
        }
    }

    private void checkStored(ZipEntry entry) throws CheckpointException {
        if (entry.getMethod() != ZipEntry.STORED) {
            throw new CheckpointException(
                    path, "%s is compressed, PyTorch's are not".formatted(entry.getName()));
        }
    }

    @Override
    public long bytes(String key) {
        ZipEntry entry = zip.getEntry(folder + "/data/" + key);
        return entry == null || entry.getMethod() != ZipEntry.STORED ? -1 : entry.getSize();
    }

    @Override
    public InputStream read(Storage storage) throws IOException {
        ZipEntry entry = zip.getEntry(folder + "/data/" + storage.key());
        if (entry == null) {
            throw new CheckpointException(path, "has no storage " + storage.key());
        }
        checkStored(entry);
        try {
            InputStream in = zip.getInputStream(entry);
            in.skipNBytes(storage.offset() * storage.type().bytes());
            return in;
        } catch (ZipException e) {
            throw new CheckpointException(path, "not a sound zip: " + e.getMessage());
        }
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
