package org.repvgg.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import org.repvgg.format.SafetensorsHeader.Span;
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
public final class Safetensors implements TensorFile {
    private static final int CHUNK = 1 << 20;

    private final Path path;
    private final FileChannel channel;
    private final SafetensorsHeader header;

    private Safetensors(Path path, FileChannel channel, SafetensorsHeader header) {
        this.path = path;
        this.channel = channel;
        this.header = header;
    }

    /// Opens a file and checks its header.
    ///
    /// @throws CheckpointException if it is missing or not a sound safetensors file
    public static Safetensors open(Path path) throws IOException {
        CheckpointException.checkFile(path);
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        try {
            return new Safetensors(path, channel, SafetensorsHeader.read(path, channel));
        } catch (IOException | RuntimeException | Error e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public Map<String, Entry> entries() {
        return header.entries();
    }

    /// The texts under `__metadata__`.
    @Override
    public Map<String, String> metadata() {
        return header.metadata();
    }

    @Override
    public Tensor read(String name) throws IOException {
        Span span = span(name);
        DataType type = span.type();
        if (!type.isReadable()) {
            throw wrong(span, type.refusal(name));
        }
        Shape shape = shapeOf(span);
        float[] values = new float[shape.elements()];
        ByteBuffer chunk = chunk(span);
        int done = 0;
        while (done < values.length) {
            int count = Math.min(chunk.capacity() / type.bytes(), values.length - done);
            chunk.clear().limit(count * type.bytes());
            fill(chunk, span, span.start() + (long) done * type.bytes());
            type.toFloats(chunk, values, done);
            done += count;
        }
        return Tensor.ofOwned(shape, values);
    }

    @Override
    public long[] readLongs(String name) throws IOException {
        Span span = span(name);
        if (span.type() != DataType.I64) {
            throw wrong(span, "data type " + span.type() + " is not I64: " + name);
        }
        long[] values = new long[shapeOf(span).elements()];
        ByteBuffer chunk = chunk(span);
        int done = 0;
        while (done < values.length) {
            int count = Math.min(chunk.capacity() / Long.BYTES, values.length - done);
            chunk.clear().limit(count * Long.BYTES);
            fill(chunk, span, span.start() + (long) done * Long.BYTES);
            chunk.asLongBuffer().get(values, done, count);
            done += count;
        }
        return values;
    }

    @Override
    public void copy(String name, BufferedChannel out) throws IOException {
        Span span = span(name);
        ByteBuffer chunk = chunk(span);
        for (long at = span.start(); at < span.end(); at += chunk.limit()) {
            chunk.clear().limit((int) Math.min(chunk.capacity(), span.end() - at));
            fill(chunk, span, at);
            out.write(chunk);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private Span span(String name) {
        Span span = header.spans().get(name);
        if (span == null) {
            String hint = DidYouMean.hint(name, header.spans().keySet());
            throw new IllegalArgumentException("no tensor '" + name + "' in " + path + hint);
        }
        return span;
    }

    private Shape shapeOf(Span span) throws CheckpointException {
        try {
            return span.entry().shape();
        } catch (IllegalArgumentException e) {
            throw wrong(span, e.getMessage() + ": " + span.name());
        }
    }

    private static ByteBuffer chunk(Span span) {
        long size = Math.min(CHUNK, span.end() - span.start());
        return ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void fill(ByteBuffer chunk, Span span, long position) throws IOException {
        while (chunk.hasRemaining()) {
            int count = channel.read(chunk, position + chunk.position());
            if (count < 0) {
                throw wrong(span, "the file became shorter while it was read: " + span.name());
            }
        }
        chunk.flip();
    }

    private CheckpointException wrong(Span span, String message) {
        return new CheckpointException(path, span.start(), message);
    }
}
