package org.repvgg.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.repvgg.format.TensorFile.Entry;

/// The header of a safetensors file, after every check that needs no tensor.
///
/// @param spans tensors by name, in the header's order
/// @param metadata the texts under `__metadata__`
record SafetensorsHeader(Map<String, Span> spans, Map<String, String> metadata) {
    /// The limit of the reference implementation.
    static final long MAX_LENGTH = 100_000_000;

    static final int PREFIX = Long.BYTES;
    static final String METADATA = "__metadata__";

    /// A tensor and its bytes.
    ///
    /// @param start first byte, counted from the beginning of the file
    /// @param end byte after the last
    record Span(Entry entry, long start, long end) {
        String name() {
            return entry.name();
        }

        DataType type() {
            return entry.type();
        }
    }

    /// The tensors without their places.
    Map<String, Entry> entries() {
        Map<String, Entry> entries = new LinkedHashMap<>();
        spans.forEach((name, span) -> entries.put(name, span.entry));
        return Collections.unmodifiableMap(entries);
    }

    /// @throws CheckpointException if the header is not sound or does not fit the file
    static SafetensorsHeader read(Path path, FileChannel channel) throws IOException {
        return new Reader(path, channel).header();
    }

    /// Reads and checks one header.
    private static final class Reader {
        private final Path path;
        private final FileChannel channel;
        private final long fileSize;

        Reader(Path path, FileChannel channel) throws IOException {
            this.path = path;
            this.channel = channel;
            this.fileSize = channel.size();
        }

        SafetensorsHeader header() throws IOException {
            long length = headerLength();
            Json.Object json = json(length);
            Map<String, Span> spans = new LinkedHashMap<>();
            Map<String, String> metadata = new LinkedHashMap<>();
            for (Map.Entry<String, Json> field : json.fields().entrySet()) {
                try {
                    if (field.getKey().equals(METADATA)) {
                        field.getValue()
                                .asObject()
                                .fields()
                                .forEach((key, text) -> metadata.put(key, text.asText()));
                    } else {
                        Span span = span(field.getKey(), field.getValue(), PREFIX + length);
                        spans.put(span.name(), span);
                    }
                } catch (IllegalArgumentException e) {
                    throw new CheckpointException(
                            path, PREFIX, e.getMessage() + ": " + field.getKey());
                }
            }
            checkLayout(spans, PREFIX + length);
            return new SafetensorsHeader(
                    Collections.unmodifiableMap(spans), Collections.unmodifiableMap(metadata));
        }

        private long headerLength() throws IOException {
            if (fileSize < PREFIX) {
                throw new CheckpointException(
                        path, "too short for a safetensors file: " + fileSize + " bytes");
            }
            ByteBuffer prefix = bytes(0, PREFIX);
            long length = prefix.getLong(0);
            if (length < 0 || length > fileSize - PREFIX) {
                throw new CheckpointException(
                        path,
                        0,
                        "header length is "
                                + Long.toUnsignedString(length)
                                + ", the file has "
                                + (fileSize - PREFIX)
                                + " bytes after it: not a safetensors file, or truncated");
            }
            if (length > MAX_LENGTH) {
                throw new CheckpointException(
                        path, 0, "header length is " + length + ", at most " + MAX_LENGTH);
            }
            return length;
        }

        private Json.Object json(long length) throws IOException {
            String text;
            try {
                text =
                        StandardCharsets.UTF_8
                                .newDecoder()
                                .decode(bytes(PREFIX, (int) length))
                                .toString();
            } catch (CharacterCodingException e) {
                throw new CheckpointException(path, PREFIX, "the header is not UTF-8");
            }
            if (!text.startsWith("{")) {
                throw new CheckpointException(path, PREFIX, "the header is not a JSON object");
            }
            try {
                return Json.parse(text).asObject();
            } catch (JsonException e) {
                throw new CheckpointException(
                        path, PREFIX, "the header is not sound JSON: " + e.getMessage());
            }
        }

        /// One tensor's line: type and shape must make as many bytes as the offsets span.
        private Span span(String name, Json json, long dataStart) {
            JsonFields fields = JsonFields.of("tensor", json);
            DataType type = fields.need("dtype", Reader::dataType);
            List<Integer> dimensions = fields.need("shape", SpecJson::integers);
            List<Json> offsets = fields.need("data_offsets", Json::asList);
            if (offsets.size() != 2) {
                throw new JsonException("data_offsets are two numbers, not " + offsets.size());
            }
            long start = offsets.get(0).asLong();
            long end = offsets.get(1).asLong();
            if (start < 0 || end < start) {
                throw new JsonException("data_offsets run backwards: [" + start + "," + end + "]");
            }
            long bytes = bytes(type, dimensions);
            if (bytes != end - start) {
                throw new JsonException(
                        "%s%s takes %s bytes, data_offsets span %s"
                                .formatted(type, compact(dimensions), bytes, end - start));
            }
            if (end > fileSize - dataStart) {
                throw new JsonException(
                        "tensor runs past end of file: ends at %s of %s"
                                .formatted(end, fileSize - dataStart));
            }
            return new Span(new Entry(name, type, dimensions), dataStart + start, dataStart + end);
        }

        private static DataType dataType(Json json) {
            for (DataType type : DataType.values()) {
                if (type.name().equals(json.asText())) {
                    return type;
                }
            }
            throw new JsonException("unknown data type " + json.compact());
        }

        private static long bytes(DataType type, List<Integer> dimensions) {
            long bytes = type.bytes();
            for (int dimension : dimensions) {
                if (dimension < 0) {
                    throw new JsonException("a dimension is negative: " + compact(dimensions));
                }
                if (dimension != 0 && bytes > Long.MAX_VALUE / dimension) {
                    throw new JsonException("the shape overflows: " + compact(dimensions));
                }
                bytes *= dimension;
            }
            return bytes;
        }

        private static String compact(List<Integer> dimensions) {
            return Json.of(dimensions).compact();
        }

        /// Tensors must follow each other without gap or overlap and end where the file ends.
        private void checkLayout(Map<String, Span> spans, long dataStart)
                throws CheckpointException {
            List<Span> inOrder =
                    spans.values().stream()
                            .sorted(
                                    Comparator.comparingLong(Span::start)
                                            .thenComparingLong(Span::end))
                            .toList();
            long next = dataStart;
            for (Span span : inOrder) {
                if (span.start() != next) {
                    String what = span.start() < next ? "overlaps" : "leaves a gap after";
                    throw new CheckpointException(
                            path,
                            span.start(),
                            "tensor %s the one before it, which ends at %s: %s"
                                    .formatted(what, next, span.name()));
                }
                next = span.end();
            }
            if (next != fileSize) {
                throw new CheckpointException(
                        path, next, (fileSize - next) + " bytes after the last tensor");
            }
        }

        private ByteBuffer bytes(long position, int length) throws IOException {
            ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
            while (buffer.hasRemaining()) {
                if (channel.read(buffer, position + buffer.position()) < 0) {
                    throw new CheckpointException(path, position, "the file ends too early");
                }
            }
            return buffer.flip();
        }
    }
}
