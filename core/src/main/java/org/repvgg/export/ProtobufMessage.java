package org.repvgg.export;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.repvgg.format.BufferedChannel;

/// A message in the wire format of Protocol Buffers, field by field.
///
/// Floats are written from where they are, so a message takes no memory for its tensors.
final class ProtobufMessage {
    /// What the protocol allows a message; readers refuse more.
    static final long MAX_BYTES = Integer.MAX_VALUE;

    /// Wire types.
    private static final int VARINT = 0;

    private static final int LENGTH = 2;
    private static final int FIXED32 = 5;

    private final List<Part> parts = new ArrayList<>();

    private sealed interface Part {
        record Bytes(byte[] bytes) implements Part {}

        record Floats(float[] values) implements Part {}

        record Message(ProtobufMessage message) implements Part {}
    }

    ProtobufMessage add(int field, long value) {
        tag(field, VARINT);
        return varint(value);
    }

    ProtobufMessage add(int field, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        tag(field, LENGTH);
        varint(bytes.length);
        parts.add(new Part.Bytes(bytes));
        return this;
    }

    ProtobufMessage add(int field, ProtobufMessage message) {
        tag(field, LENGTH);
        varint(message.size());
        parts.add(new Part.Message(message));
        return this;
    }

    /// A `float`.
    ProtobufMessage add(int field, float value) {
        tag(field, FIXED32);
        parts.add(
                new Part.Bytes(
                        ByteBuffer.allocate(Float.BYTES)
                                .order(ByteOrder.LITTLE_ENDIAN)
                                .putFloat(value)
                                .array()));
        return this;
    }

    /// Bytes that are little-endian floats.
    ///
    /// @param values read when the message is written
    ProtobufMessage add(int field, float[] values) {
        tag(field, LENGTH);
        varint((long) values.length * Float.BYTES);
        parts.add(new Part.Floats(values));
        return this;
    }

    /// Bytes so far.
    long size() {
        long size = 0;
        for (Part part : parts) {
            size +=
                    switch (part) {
                        case Part.Bytes bytes -> bytes.bytes.length;
                        case Part.Floats floats -> (long) floats.values.length * Float.BYTES;
                        case Part.Message message -> message.message.size();
                    };
        }
        return size;
    }

    void writeTo(BufferedChannel out) throws IOException {
        for (Part part : parts) {
            switch (part) {
                case Part.Bytes bytes -> out.write(bytes.bytes);
                case Part.Floats floats -> out.write(floats.values);
                case Part.Message message -> message.message.writeTo(out);
            }
        }
    }

    private void tag(int field, int wireType) {
        varint((long) field << 3 | wireType);
    }

    /// Seven bits a byte, the lowest first; the eighth says that more follow.
    private ProtobufMessage varint(long value) {
        var bytes = new ByteArrayOutputStream();
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes.write((int) (rest & 0x7F | 0x80));
            rest >>>= 7;
        }
        bytes.write((int) rest);
        parts.add(new Part.Bytes(bytes.toByteArray()));
        return this;
    }
}
