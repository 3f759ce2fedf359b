package org.repvgg.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.repvgg.tensor.Tensor;

/// Writes a `.safetensors` file; the same content gives the same bytes.
///
/// Wide elements come first in the file, each width in the order they were added: so every tensor
/// lies at a multiple of its element's size, which readers that map the file rely on.
///
/// ```java
/// new SafetensorsWriter().metadata("format", "pt").add("linear.weight", weight).write(path);
/// ```
public final class SafetensorsWriter {
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final Map<String, Values> items = new LinkedHashMap<>();

    /// Data to write: of one of the types we make, or of any type from another file.
    private sealed interface Values {
        record Longs(List<Integer> dimensions, List<Long> values) implements Values {}

        record Floats(Tensor tensor) implements Values {}

        record Halves(Tensor tensor) implements Values {}

        record Copy(TensorFile file, TensorFile.Entry entry) implements Values {}
    }

    /// Adds a text under `__metadata__`.
    public SafetensorsWriter metadata(String key, String text) {
        metadata.put(key, text);
        return this;
    }

    /// Adds a tensor of type F32; its values are read by [#write].
    ///
    /// @throws IllegalArgumentException if the name is taken
    public SafetensorsWriter add(String name, Tensor tensor) {
        return put(name, new Values.Floats(tensor));
    }

    /// Adds a tensor of type F16; [#write] rounds its values to the nearest, to the even one of
    /// two.
    ///
    /// @throws IllegalArgumentException if the name is taken, or a value is too large for the type
    public SafetensorsWriter addHalf(String name, Tensor tensor) {
        HalfPrecision.check(name, tensor);
        return put(name, new Values.Halves(tensor));
    }

    /// Adds a 0-dimensional tensor of type I64.
    ///
    /// @throws IllegalArgumentException if the name is taken
    public SafetensorsWriter addScalar(String name, long value) {
        return put(name, new Values.Longs(List.of(), List.of(value)));
    }

    /// Adds a 1-dimensional tensor of type I64, copied.
    ///
    /// @throws IllegalArgumentException if the name is taken
    public SafetensorsWriter addLongs(String name, long[] values) {
        return put(
                name,
                new Values.Longs(List.of(values.length), Arrays.stream(values).boxed().toList()));
    }

    /// Adds a tensor of another file as it is, whatever its type; [#write] reads it.
    ///
    /// @param file to be open until then
    /// @throws IllegalArgumentException if the name is taken, or `file` has no tensor of that name
    public SafetensorsWriter copy(String name, TensorFile file) {
        TensorFile.Entry entry = file.entries().get(name);
        if (entry == null) {
            throw new IllegalArgumentException("no tensor '" + name + "' in " + file.path());
        }
        return put(name, new Values.Copy(file, entry));
    }

    /// Writes beside `path` and moves into place; see [AtomicFile].
    ///
    /// @throws IOException naming the file and the reason, for instance a full disk
    public void write(Path path) throws IOException {
        List<Map.Entry<String, Values>> inOrder = new ArrayList<>(items.entrySet());
        inOrder.sort(Comparator.comparingInt(item -> -type(item.getValue()).bytes()));
        ByteBuffer header = header(inOrder);
        AtomicFile.write(
                path,
                channel -> {
                    AtomicFile.writeFully(channel, header.duplicate());
                    var out = new BufferedChannel(channel);
                    for (Map.Entry<String, Values> item : inOrder) {
                        write(item.getValue(), out);
                    }
                    out.flush();
                });
    }

    private SafetensorsWriter put(String name, Values values) {
        if (name.equals(SafetensorsHeader.METADATA) || items.containsKey(name)) {
            throw new IllegalArgumentException("a tensor's name is taken: " + name);
        }
        items.put(name, values);
        return this;
    }

    /// Length and JSON, padded with spaces so that the data starts at a multiple of 8.
    private ByteBuffer header(List<Map.Entry<String, Values>> inOrder) {
        Json.Builder json = Json.object();
        if (!metadata.isEmpty()) {
            json.put(SafetensorsHeader.METADATA, metadata);
        }
        long offset = 0;
        for (Map.Entry<String, Values> item : inOrder) {
            long end = offset + bytes(item.getValue());
            json.put(
                    item.getKey(),
                    Json.object()
                            .put("dtype", type(item.getValue()))
                            .put("shape", dimensions(item.getValue()))
                            .put("data_offsets", List.of(offset, end))
                            .build());
            offset = end;
        }
        byte[] text = json.build().compact().getBytes(StandardCharsets.UTF_8);
        int padded = (text.length + 7) / 8 * 8;
        ByteBuffer header =
                ByteBuffer.allocate(SafetensorsHeader.PREFIX + padded)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(padded)
                        .put(text);
        while (header.hasRemaining()) {
            header.put((byte) ' ');
        }
        return header.flip();
    }

    private static DataType type(Values values) {
        return switch (values) {
            case Values.Longs _ -> DataType.I64;
            case Values.Floats _ -> DataType.F32;
            case Values.Halves _ -> DataType.F16;
            case Values.Copy copy -> copy.entry().type();
        };
    }

    private static List<Integer> dimensions(Values values) {
        return switch (values) {
            case Values.Longs longs -> longs.dimensions();
            case Values.Floats floats -> dimensions(floats.tensor());
            case Values.Halves halves -> dimensions(halves.tensor());
            case Values.Copy copy -> copy.entry().dimensions();
        };
    }

    private static List<Integer> dimensions(Tensor tensor) {
        return Arrays.stream(tensor.shape().toArray()).boxed().toList();
    }

    private static long bytes(Values values) {
        return dimensions(values).stream()
                .mapToLong(Integer::longValue)
                .reduce(type(values).bytes(), Math::multiplyExact);
    }

    private static void write(Values values, BufferedChannel out) throws IOException {
        switch (values) {
            case Values.Longs longs -> {
                for (long value : longs.values()) {
                    out.write(value);
                }
            }
            case Values.Floats floats -> out.write(floats.tensor().unsafeArray());
            case Values.Halves halves -> out.writeHalves(halves.tensor().unsafeArray());
            case Values.Copy(TensorFile file, TensorFile.Entry entry) ->
                    file.copy(entry.name(), out);
        }
    }
}
