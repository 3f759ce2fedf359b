package org.repvgg.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.repvgg.tensor.Shape;

/// What stands before the data of an `.npy` file, checked against the file's size.
///
/// @param type NumPy's spelling: `<f4`
/// @param dataStart first byte of the data
record NpyHeader(String type, Shape shape, long dataStart) {
    /// Magic and version.
    static final int FIXED = 8;

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int MAX_TEXT = 1 << 20;
    private static final Pattern TEXT = Pattern.compile("\\s*\\{(.*)}\\s*", Pattern.DOTALL);
    private static final Pattern FIELD =
            Pattern.compile(
                    "\\G\\s*'(\\w+)'\\s*:\\s*('[^']*'|True|False|\\([0-9,\\s]*\\))\\s*(?:,|$)\\s*");

    static byte[] magic() {
        return MAGIC.clone();
    }

    /// Bytes of one element.
    int elementBytes() {
        return type.charAt(type.length() - 1) - '0';
    }

    static NpyHeader read(Path path, FileChannel channel) throws IOException {
        ByteBuffer start = bytes(path, channel, 0, FIXED);
        if (!start.slice(0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC))) {
            throw new CheckpointException(path, 0, "not a NumPy .npy file");
        }
        int version = start.get(MAGIC.length);
        if (version < 1 || version > 3) {
            throw new CheckpointException(path, MAGIC.length, "unknown npy version " + version);
        }
        int lengthBytes = version == 1 ? Short.BYTES : Integer.BYTES;
        ByteBuffer field = bytes(path, channel, FIXED, lengthBytes);
        long length = version == 1 ? field.getShort() & 0xFFFF : field.getInt() & 0xFFFF_FFFFL;
        if (length > MAX_TEXT) {
            throw new CheckpointException(
                    path, FIXED, "header length is " + length + ", at most " + MAX_TEXT);
        }
        long textStart = (long) FIXED + lengthBytes;
        ByteBuffer text = bytes(path, channel, textStart, (int) length);
        try {
            NpyHeader header =
                    parse(StandardCharsets.UTF_8.decode(text).toString(), textStart + length);
            header.checkSize(channel.size());
            return header;
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(path, textStart, String.valueOf(e.getMessage()));
        }
    }

    /// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`.
    private static NpyHeader parse(String text, long dataStart) {
        Matcher braces = TEXT.matcher(text);
        if (!braces.matches()) {
            throw new IllegalArgumentException("the header is not a dictionary");
        }
        String type = null;
        String order = null;
        String shape = null;
        Matcher field = FIELD.matcher(braces.group(1));
        int end = 0;
        while (field.find()) {
            end = field.end();
            switch (field.group(1)) {
                case "descr" -> type = field.group(2);
                case "fortran_order" -> order = field.group(2);
                case "shape" -> shape = field.group(2);
                default ->
                        throw new IllegalArgumentException(
                                "unknown header field '" + field.group(1) + "'");
            }
        }
        if (type == null || order == null || shape == null || end < braces.group(1).length()) {
            throw new IllegalArgumentException(
                    "the header wants descr, fortran_order and shape, found " + text.strip());
        }
        if (!order.equals("False")) {
            throw new IllegalArgumentException(
                    "the array is in column-major (Fortran) order; save it with order='C'");
        }
        return new NpyHeader(elementType(type), shape(shape), dataStart);
    }

    private static String elementType(String quoted) {
        String type = quoted.replace("'", "");
        if (!List.of("<f4", "<f8", "<i8", "<i4", "|u1").contains(type)) {
            throw new IllegalArgumentException(
                    "element type is '" + type + "', known are '<f4', '<f8', '<i8', '<i4', '|u1'");
        }
        return type;
    }

    private static Shape shape(String tuple) {
        if (!tuple.startsWith("(")) {
            throw new IllegalArgumentException("shape is " + tuple + ", wanted a tuple");
        }
        try {
            return Shape.of(
                    Arrays.stream(tuple.substring(1, tuple.length() - 1).split(","))
                            .map(String::strip)
                            .filter(dimension -> !dimension.isEmpty())
                            .mapToInt(Integer::parseInt)
                            .toArray());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("a dimension beyond 32 bits: " + tuple);
        }
    }

    private void checkSize(long fileSize) {
        long wanted = (long) shape.elements() * elementBytes();
        if (fileSize - dataStart != wanted) {
            throw new IllegalArgumentException(
                    "%s of type %s takes %s bytes, the file holds %s"
                            .formatted(shape, type, wanted, fileSize - dataStart));
        }
    }

    private static ByteBuffer bytes(Path path, FileChannel channel, long position, int length)
            throws IOException {
        if (length > channel.size() - position) {
            throw new CheckpointException(path, position, "the file ends too early");
        }
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        readFully(path, channel, buffer, position);
        return buffer.flip();
    }

    /// Fills `buffer` to its limit.
    static void readFully(Path path, FileChannel channel, ByteBuffer buffer, long position)
            throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new CheckpointException(path, position, "the file ends too early");
            }
        }
    }
}
