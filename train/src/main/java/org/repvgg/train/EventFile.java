package org.repvgg.train;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/// A history as TensorBoard reads it: TFRecords, each an `Event` message with scalar summaries and
/// histograms of the plain form's kernels.
///
/// A record is `length (u64), masked CRC32C of it, bytes, masked CRC32C of them`. The messages use
/// some fields of TensorFlow's `event.proto`, `summary.proto` and `histogram.proto`, written by
/// hand.
final class EventFile {
    private static final int MASK = 0xa282ead8;

    /// What a record has beside its bytes.
    private static final int FRAME = 8 + 4 + 4;

    private static final int BUCKETS = 30;

    private final double start;
    private final ByteArrayOutputStream file = new ByteArrayOutputStream();

    /// @param start wall time at the training's begin, seconds since 1970
    private EventFile(double start) {
        this.start = start;
    }

    /// A file that tells nothing yet.
    static EventFile begun(double start) {
        EventFile events = new EventFile(start);
        events.record(message(1, fixed64(start), 3, text("brain.Event:2")));
        return events;
    }

    /// What `written` tells of the epochs in `history`, or their scalars where it is not whole.
    static EventFile of(byte[] written, List<EpochRecord> history, double start) {
        EventFile kept = new EventFile(start);
        int epochs = 0;
        ByteBuffer in = ByteBuffer.wrap(written).order(ByteOrder.LITTLE_ENDIAN);
        while (epochs < history.size() && in.remaining() >= FRAME) {
            long length = in.getLong(in.position());
            if (length < 0 || length > in.remaining() - FRAME) {
                break;
            }
            byte[] data = new byte[(int) length];
            in.get(in.position() + 8 + 4, data);
            in.position(in.position() + FRAME + data.length);
            kept.record(data);
            epochs = epoch(data);
        }
        if (epochs == history.size()) {
            return kept;
        }
        EventFile scalars = begun(start);
        history.forEach(epoch -> scalars.add(epoch, Map.of()));
        return scalars;
    }

    /// The step that an event of ours names after its time, 0 for none.
    private static int epoch(byte[] data) {
        int at = 1 + 8;
        if (data.length <= at || data[at] != (2 << 3)) {
            return 0;
        }
        int value = 0;
        int shift = 0;
        do {
            at++;
            value |= (data[at] & 0x7f) << shift;
            shift += 7;
        } while (data[at] < 0 && at + 1 < data.length);
        return value;
    }

    /// @param kernels values of each, by name
    void add(EpochRecord epoch, Map<String, float[]> kernels) {
        var summary = new ByteArrayOutputStream();
        scalar(summary, "loss/train", epoch.loss());
        if (!Double.isNaN(epoch.top1())) {
            scalar(summary, "top1/test", epoch.top1());
        }
        scalar(summary, "learning_rate", epoch.learningRate());
        scalar(summary, "images_per_second", epoch.imagesPerSecond());
        kernels.forEach((name, values) -> histogram(summary, "kernels/" + name, values));
        var event = new ByteArrayOutputStream();
        event.writeBytes(field(1, 1, fixed64(start + epoch.seconds())));
        event.writeBytes(field(2, 0, varint(epoch.epoch())));
        event.writeBytes(field(5, 2, prefixed(summary.toByteArray())));
        record(event.toByteArray());
    }

    /// The whole file.
    byte[] bytes() {
        return file.toByteArray();
    }

    /// Counts of values in buckets of one width from the least to the greatest; what is not finite
    /// is left out.
    private static void histogram(ByteArrayOutputStream summary, String tag, float[] values) {
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        double sum = 0;
        double squares = 0;
        int count = 0;
        for (float value : values) {
            if (Float.isFinite(value)) {
                min = Math.min(min, value);
                max = Math.max(max, value);
                sum += value;
                squares += (double) value * value;
                count++;
            }
        }
        if (count == 0) {
            return;
        }
        double width = (max - min) / BUCKETS;
        double[] counts = new double[BUCKETS];
        for (float value : values) {
            if (Float.isFinite(value)) {
                counts[width == 0 ? 0 : (int) Math.min(BUCKETS - 1, (value - min) / width)]++;
            }
        }
        ByteBuffer limits = little(BUCKETS * Double.BYTES);
        ByteBuffer buckets = little(BUCKETS * Double.BYTES);
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            limits.putDouble(bucket + 1 == BUCKETS ? max : min + (bucket + 1) * width);
            buckets.putDouble(counts[bucket]);
        }
        var histogram = new ByteArrayOutputStream();
        double[] moments = {min, max, count, sum, squares};
        for (int i = 0; i < moments.length; i++) {
            histogram.writeBytes(field(i + 1, 1, fixed64(moments[i])));
        }
        histogram.writeBytes(field(6, 2, prefixed(limits.array())));
        histogram.writeBytes(field(7, 2, prefixed(buckets.array())));
        var entry = new ByteArrayOutputStream();
        entry.writeBytes(field(1, 2, text(tag)));
        entry.writeBytes(field(5, 2, prefixed(histogram.toByteArray())));
        summary.writeBytes(field(1, 2, prefixed(entry.toByteArray())));
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

    private void record(byte[] data) {
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
