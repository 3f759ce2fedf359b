package org.repvgg.format;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.repvgg.format.TorchPickle.Storage;

/// A file as PyTorch wrote it before version 1.6: pickles of a magic number, a version, facts about
/// the machine, the contents, and the storages' keys in the order in which they follow, each as a
/// number of elements in 8 bytes and the elements.
final class TrailingStorages implements TorchStorages {
    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long VERSION = 1001;

    private final Path path;
    private final FileChannel channel;
    private final Map<String, Span> spans = new HashMap<>();

    /// Bytes of a storage.
    private record Span(long start, long bytes) {}

    private TrailingStorages(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    static TrailingStorages open(Path path) throws IOException {
        return new TrailingStorages(path, FileChannel.open(path, StandardOpenOption.READ));
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public Object root(Unpickler.Library library) throws IOException {
        ByteBuffer start = read(0, (int) Math.min(Unpickler.MAX_BYTES, channel.size()));
        Elements elements = new Elements(library);
        if (!MAGIC.equals(unpickle(start, "magic number", library))) {
            throw new CheckpointException(path, 0, "neither safetensors nor a file of PyTorch's");
        }
        Object version = unpickle(start, "version", library);
        if (!version.equals(VERSION)) {
            throw new CheckpointException(
                    path, "version %s, wanted %s".formatted(version, VERSION));
        }
        Object machine = unpickle(start, "facts about the machine", library);
        if (machine instanceof Map<?, ?> facts
                && Boolean.FALSE.equals(facts.get("little_endian"))) {
            throw new CheckpointException(path, "its elements are not little-endian");
        }
        Object root = unpickle(start, "contents", elements);
        Object keys = unpickle(start, "keys of storages", library);
        if (!(keys instanceof List<?> list)) {
            throw new CheckpointException(path, "has no list of storages");
        }
        locate(list, elements.sizes, start.position());
        return root;
    }

    /// Takes note of the bytes of an element of each storage, which only the contents tell.
    private static final class Elements implements Unpickler.Library {
        private final Unpickler.Library library;
        private final Map<String, Integer> sizes = new HashMap<>();

        Elements(Unpickler.Library library) {
            this.library = library;
        }

        @Override
        public Object global(String module, String name) throws Unpickler.Refusal {
            return library.global(module, name);
        }

        @Override
        public Object call(Object function, List<Object> arguments) throws Unpickler.Refusal {
            return library.call(function, arguments);
        }

        @Override
        public Object persistent(Object id) throws Unpickler.Refusal {
            Object value = library.persistent(id);
            if (value instanceof Storage storage) {
                sizes.put(storage.key(), storage.type().bytes());
            }
            return value;
        }
    }

    private Object unpickle(ByteBuffer start, String what, Unpickler.Library library)
            throws CheckpointException {
        return new Unpickler(path, what, start, library).read();
    }

    private void locate(List<?> keys, Map<String, Integer> sizes, long position)
            throws IOException {
        long at = position;
        for (Object key : keys) {
            Integer size = key instanceof String text ? sizes.get(text) : null;
            if (size == null) {
                throw new CheckpointException(path, at, "a storage that no tensor is in follows");
            }
            if (at > channel.size() - Long.BYTES) {
                throw new CheckpointException(path, at, "the file ends before storage " + key);
            }
            long elements = read(at, Long.BYTES).getLong();
            at += Long.BYTES;
            if (elements < 0 || elements > (channel.size() - at) / size) {
                throw new CheckpointException(
                        path,
                        at,
                        "storage %s has %s elements of %s bytes, the file %s bytes more"
                                .formatted(key, elements, size, channel.size() - at));
            }
            spans.put((String) key, new Span(at, elements * size));
            at += elements * size;
        }
    }

    private ByteBuffer read(long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new CheckpointException(path, position, "the file ends too early");
            }
        }
        return buffer.flip();
    }

    @Override
    public long bytes(String key) {
        Span span = spans.get(key);
        return span == null ? -1 : span.bytes;
    }

    @Override
    public InputStream read(Storage storage) throws IOException {
        Span span = spans.get(storage.key());
        if (span == null) {
            throw new CheckpointException(path, "has no storage " + storage.key());
        }
        channel.position(span.start + storage.offset() * storage.type().bytes());
        // Whoever closes the stream of a tensor does not close the file.
        return new UnclosedStream(Channels.newInputStream(channel));
    }

    /// A stream on a channel that stays open.
    private static final class UnclosedStream extends FilterInputStream {
        UnclosedStream(InputStream in) {
            super(in);
        }

        @Override
        public void close() {}
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
