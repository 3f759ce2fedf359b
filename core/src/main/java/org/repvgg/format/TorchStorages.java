package org.repvgg.format;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import org.repvgg.format.TorchPickle.Storage;
import org.repvgg.format.TorchPickle.View;

/// Where a file of PyTorch's keeps its pickle and the elements of its tensors.
sealed interface TorchStorages extends AutoCloseable permits ZippedStorages, TrailingStorages {
    /// All tensors together may take this many times the bytes of the file: they may share
    /// storages, but not without end.
    int SHARED = 2;

    /// Opens the file as what it is.
    ///
    /// @throws CheckpointException if it is missing or neither a zip nor a pickle
    static TorchStorages open(Path path) throws IOException {
        CheckpointException.checkFile(path);
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            ByteBuffer first = ByteBuffer.allocate(1);
            boolean zip = channel.read(first) == 1 && first.get(0) == 'P';
            return zip ? ZippedStorages.open(path) : TrailingStorages.open(path);
        }
    }

    Path path();

    /// What the pickle describes. To be called first, and once.
    Object root(Unpickler.Library library) throws IOException;

    /// Bytes of a storage under its key in the file, or -1 if there is none.
    long bytes(String key);

    /// The elements of a storage, from its first on.
    InputStream read(Storage storage) throws IOException;

    @Override
    void close() throws IOException;

    /// Checks that the file has the bytes of every tensor's storage.
    default void check(Map<String, View> tensors) throws IOException {
        long left = SHARED * Files.size(path());
        for (Map.Entry<String, View> tensor : tensors.entrySet()) {
            Storage storage = tensor.getValue().storage();
            long bytes = bytes(storage.key());
            long element = storage.type().bytes();
            if (bytes < 0
                    || storage.offset() > bytes / element
                    || storage.elements() > bytes / element - storage.offset()) {
                throw new CheckpointException(
                        path(),
                        "storage %s has %s, its tensor wants %s elements of %s: %s"
                                .formatted(
                                        storage.key(),
                                        bytes < 0 ? "no bytes" : bytes + " bytes",
                                        storage.offset() + storage.elements(),
                                        storage.type(),
                                        tensor.getKey()));
            }
            left -= tensor.getValue().span() * element;
            if (left < 0) {
                throw new CheckpointException(
                        path(), "its tensors have far more elements than the file has bytes");
            }
        }
    }
}
