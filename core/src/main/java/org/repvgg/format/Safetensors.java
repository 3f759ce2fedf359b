package org.repvgg.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// An open `.safetensors` file: a checked header, and tensors read when asked for.
///
/// The file is 8 bytes of header length (little-endian), the header in JSON, then the tensors'
/// bytes without gaps. It is read with positioned reads, not mapped: a file that shrinks meanwhile
/// is an exception here and not a crash. Memory is taken only after the header agrees with the
/// file's size.
///
/// ```java
/// try (Safetensors file = Safetensors.open(path)) {
///     Tensor weight = file.read("linear.weight");
/// }
/// ```
public final class Safetensors implements AutoCloseable {
    private static final int CHUNK = 1 << 20;

    private final Path path;
    private final FileChannel channel;
    private final SafetensorsHeader header;

    private Safetensors(Path path, FileChannel channel, SafetensorsHeader header) {
        this.path = path;
        this.channel = channel;
        this.header = header;
    }

    /// One tensor of the file.
    ///
    /// @param dimensions extents, outermost first; their product fits the bytes there are
    /// @param start first byte, counted from the beginning of the file
    /// @param end byte after the last
    public record Entry(
            String name, DataType type, List<Integer> dimensions, long start, long end) {
        /// @throws IllegalArgumentException if there are more elements than an array can hold
        public Shape shape() {
            return Shape.of(dimensions.stream().mapToInt(Integer::intValue).toArray());
        }
    }

    /// Opens a file and checks its header.
    ///
    /// @throws CheckpointException if it is missing or not a sound safetensors file
    public static Safetensors open(Path path) throws IOException {
        if (!Files.exists(path)) {
            throw new CheckpointException(path, "no such file");
        }
        if (!Files.isRegularFile(path)) {
            throw new CheckpointException(path, "not a file");
        }
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        try {
            return new Safetensors(path, channel, SafetensorsHeader.read(path, channel));
        } catch (IOException | RuntimeException | Error e) {
            channel.close();
            throw e;
        }
    }

    public Path path() {
        return path;
    }

    /// The tensors by name, in the header's order.
    public Map<String, Entry> entries() {
        return header.entries();
    }

    /// The texts under `__metadata__`; empty where there are none.
    public Map<String, String> metadata() {
        return header.metadata();
    }

    /// Reads a tensor of type F32, F64, F16 or BF16 as floats.
    ///
    /// @throws IllegalArgumentException if there is no tensor of that name
    /// @throws CheckpointException if its type is another, or the file cannot be read
    public Tensor read(String name) throws IOException {
        Entry entry = entry(name);
        DataType type = entry.type();
        if (!type.isReadable()) {
            throw wrong(entry, "data type " + type + " is none of F32, F64, F16, BF16: " + name);
        }
        Shape shape = shapeOf(entry);
        float[] values = new float[shape.elements()];
        ByteBuffer chunk = chunk(entry);
        int done = 0;
        while (done < values.length) {
            int count = Math.min(chunk.capacity() / type.bytes(), values.length - done);
            chunk.clear().limit(count * type.bytes());
            fill(chunk, entry, entry.start() + (long) done * type.bytes());
            type.toFloats(chunk, values, done);
            done += count;
        }
        return Tensor.ofOwned(shape, values);
    }

    /// Reads a tensor of type I64.
    ///
    /// @throws IllegalArgumentException if there is no tensor of that name
    /// @throws CheckpointException if its type is another, or the file cannot be read
    public long[] readLongs(String name) throws IOException {
        Entry entry = entry(name);
        if (entry.type() != DataType.I64) {
            throw wrong(entry, "data type " + entry.type() + " is not I64: " + name);
        }
        long[] values = new long[shapeOf(entry).elements()];
        ByteBuffer chunk = chunk(entry);
        int done = 0;
        while (done < values.length) {
            int count = Math.min(chunk.capacity() / Long.BYTES, values.length - done);
            chunk.clear().limit(count * Long.BYTES);
            fill(chunk, entry, entry.start() + (long) done * Long.BYTES);
            chunk.asLongBuffer().get(values, done, count);
            done += count;
        }
        return values;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private Entry entry(String name) {
        Entry entry = header.entries().get(name);
        if (entry == null) {
            String hint = DidYouMean.hint(name, header.entries().keySet());
            throw new IllegalArgumentException("no tensor '" + name + "' in " + path + hint);
        }
        return entry;
    }

    private Shape shapeOf(Entry entry) throws CheckpointException {
        try {
            return entry.shape();
        } catch (IllegalArgumentException e) {
            throw wrong(entry, e.getMessage() + ": " + entry.name());
        }
    }

    private static ByteBuffer chunk(Entry entry) {
        long size = Math.min(CHUNK, entry.end() - entry.start());
        return ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void fill(ByteBuffer chunk, Entry entry, long position) throws IOException {
        while (chunk.hasRemaining()) {
            int count = channel.read(chunk, position + chunk.position());
            if (count < 0) {
                throw wrong(entry, "the file became shorter while it was read: " + entry.name());
            }
        }
        chunk.flip();
    }

    private CheckpointException wrong(Entry entry, String message) {
        return new CheckpointException(path, entry.start(), message);
    }
}
