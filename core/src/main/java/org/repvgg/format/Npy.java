package org.repvgg.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// NumPy's `.npy` files: little-endian arrays in row-major order, header versions 1 to 3.
public final class Npy {
    private static final int CHUNK = 1 << 20;
    private static final int ALIGNMENT = 64;

    private Npy() {}

    /// Reads an array of `float32` or `float64`, the latter rounded to float.
    ///
    /// @throws CheckpointException if the file is missing, unsound or holds another type
    public static Tensor read(Path path) throws IOException {
        try (FileChannel channel = open(path)) {
            NpyHeader header = NpyHeader.read(path, channel);
            if (!header.type().equals("<f4") && !header.type().equals("<f8")) {
                throw new CheckpointException(
                        path, "element type is '" + header.type() + "', wanted '<f4' or '<f8'");
            }
            DataType type = header.type().equals("<f4") ? DataType.F32 : DataType.F64;
            float[] values = new float[header.shape().elements()];
            readAll(path, channel, header, (chunk, at) -> type.toFloats(chunk, values, at));
            return Tensor.ofOwned(header.shape(), values);
        }
    }

    /// Reads whole numbers, such as labels: `int64`, `int32` or `uint8`, flattened.
    ///
    /// @throws CheckpointException if the file is missing, unsound, holds another type or a number
    ///   beyond 32 bits
    public static int[] readIntegers(Path path) throws IOException {
        try (FileChannel channel = open(path)) {
            NpyHeader header = NpyHeader.read(path, channel);
            int[] values = new int[header.shape().elements()];
            readAll(
                    path,
                    channel,
                    header,
                    (chunk, at) -> {
                        for (int i = at; chunk.hasRemaining(); i++) {
                            values[i] = integer(path, header.type(), chunk);
                        }
                    });
            return values;
        }
    }

    /// Writes an array of `float32`; beside `path` first, see [AtomicFile].
    ///
    /// @throws IOException naming the file and the reason
    public static void write(Path path, Tensor tensor) throws IOException {
        float[] values = tensor.unsafeArray();
        AtomicFile.write(
                path,
                channel -> {
                    AtomicFile.writeFully(channel, header(tensor.shape()));
                    ByteBuffer chunk = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
                    for (int done = 0; done < values.length; done += CHUNK / Float.BYTES) {
                        int count = Math.min(CHUNK / Float.BYTES, values.length - done);
                        chunk.clear().limit(count * Float.BYTES);
                        chunk.asFloatBuffer().put(values, done, count);
                        AtomicFile.writeFully(channel, chunk);
                    }
                });
    }

    private static FileChannel open(Path path) throws IOException {
        if (!Files.isRegularFile(path)) {
            throw new CheckpointException(path, Files.exists(path) ? "not a file" : "no such file");
        }
        return FileChannel.open(path, StandardOpenOption.READ);
    }

    /// Takes a piece of the data.
    private interface Sink {
        /// @param chunk whole elements
        /// @param at index of the first of them
        void accept(ByteBuffer chunk, int at) throws IOException;
    }

    private static void readAll(Path path, FileChannel channel, NpyHeader header, Sink sink)
            throws IOException {
        int elements = header.shape().elements();
        int size = header.elementBytes();
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
        for (int done = 0; done < elements; done += CHUNK / size) {
            chunk.clear().limit(Math.min(CHUNK / size, elements - done) * size);
            NpyHeader.readFully(path, channel, chunk, header.dataStart() + (long) done * size);
            sink.accept(chunk.flip(), done);
        }
    }

    private static int integer(Path path, String type, ByteBuffer chunk) throws IOException {
        long value =
                switch (type) {
                    case "<i8" -> chunk.getLong();
                    case "<i4" -> chunk.getInt();
                    case "|u1" -> chunk.get() & 0xFF;
                    default ->
                            throw new CheckpointException(
                                    path,
                                    "element type is '" + type + "', wanted '<i8', '<i4' or '|u1'");
                };
        if ((int) value != value) {
            throw new CheckpointException(path, "a number beyond 32 bits: " + value);
        }
        return (int) value;
    }

    /// Version 1.0, padded so that the data starts at a multiple of 64.
    private static ByteBuffer header(Shape shape) {
        String dimensions =
                Arrays.stream(shape.toArray())
                        .mapToObj(Integer::toString)
                        .collect(Collectors.joining(", "));
        String tuple = shape.rank() == 1 ? dimensions + "," : dimensions;
        String text = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + tuple + "), }";
        int unpadded = NpyHeader.FIXED + Short.BYTES + text.length() + 1;
        int padding = (ALIGNMENT - unpadded % ALIGNMENT) % ALIGNMENT;
        byte[] line = (text + " ".repeat(padding) + "\n").getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(NpyHeader.FIXED + Short.BYTES + line.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(NpyHeader.magic())
                .put((byte) 1)
                .put((byte) 0)
                .putShort((short) line.length)
                .put(line)
                .flip();
    }
}
