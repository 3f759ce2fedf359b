package org.repvgg.train;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32C;

/// A history as TensorBoard reads it: TFRecords, each an `Event` message with scalar summaries.
///
/// A record is `length (u64), masked CRC32C of it, bytes, masked CRC32C of them`. The messages use
/// four fields of TensorFlow's `event.proto` and `summary.proto`, written by hand.
final class EventFile {
    private static final int MASK = 0xa282ead8;

    private EventFile() {}

    /// The whole file.
    ///
    /// @param start wall time at the training's begin, seconds since 1970
    static byte[] of(List<EpochRecord> history, double start) {
        var file = new ByteArrayOutputStream();
        record(file, message(1, fixed64(start), 3, text("brain.Event:2")));
        for (EpochRecord epoch : history) {
            var summary = new ByteArrayOutputStream();
            scalar(summary, "loss/train", epoch.loss());
            if (!Double.isNaN(epoch.top1())) {
                scalar(summary, "top1/test", epoch.top1());
            }
            scalar(summary, "learning_rate", epoch.learningRate());
            scalar(summary, "images_per_second", epoch.imagesPerSecond());
            var event = new ByteArrayOutputStream();
            event.writeBytes(field(1, 1, fixed64(start + epoch.seconds())));
            event.writeBytes(field(2, 0, varint(epoch.epoch())));
            event.writeBytes(field(5, 2, prefixed(summary.toByteArray())));
            record(file, event.toByteArray());
        }
        return file.toByteArray();
    }

    private static void scalar(ByteArrayOutputStream summary, String tag, double value) {
        var entry = new ByteArrayOutputStream();
        entry.writeBytes(field(1, 2, text(tag)));
        entry.writeBytes(field(2, 5, little(4).putFloat((float) value).array()));
        summary.writeBytes(field(1, 2, prefixed(entry.toByteArray())));
    }

    private static byte[] message(int first, byte[] time, int second, byte[] version) {
        var message = new ByteArrayOutputStream();
        message.writeBytes(field(first, 1, time));
        message.writeBytes(field(second, 2, version));
        return message.toByteArray();
    }

    private static void record(ByteArrayOutputStream file, byte[] data) {
        byte[] length = little(8).putLong(data.length).array();
        file.writeBytes(length);
        file.writeBytes(little(4).putInt(maskedCrc(length)).array());
        file.writeBytes(data);
        file.writeBytes(little(4).putInt(maskedCrc(data)).array());
    }

    static int maskedCrc(byte[] data) {
        var crc = new CRC32C();
        crc.update(data);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
    }

    /// Key of a field, `number << 3 | wire type`, and its content.
    private static byte[] field(int number, int wireType, byte[] content) {
        return ByteBuffer.allocate(1 + content.length)
                .put((byte) (number << 3 | wireType))
                .put(content)
                .array();
    }

    private static byte[] fixed64(double value) {
        return little(8).putDouble(value).array();
    }

    private static byte[] text(String text) {
        return prefixed(text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] prefixed(byte[] content) {
        byte[] length = varint(content.length);
        return ByteBuffer.allocate(length.length + content.length).put(length).put(content).array();
    }

    private static byte[] varint(long value) {
        var bytes = new ByteArrayOutputStream();
        long rest = value;
        while (rest >= 0x80) {
            bytes.write((int) (rest & 0x7f | 0x80));
            rest >>>= 7;
        }
        bytes.write((int) rest);
        return bytes.toByteArray();
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
