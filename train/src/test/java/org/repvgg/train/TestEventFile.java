package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Reads the file back with a reader of its own.
final class TestEventFile {
    private static final double START = 1_700_000_000.5;

    @Test
    void holdsEveryFigureOfEveryEpoch() {
        List<EpochRecord> history = new ArrayList<>();
        for (int epoch = 1; epoch <= 300; epoch++) { // numbers of one and two bytes
            history.add(new EpochRecord(epoch, 2.0 / epoch, 0.5, 0.1, 900, 10.0 * epoch));
        }
        List<byte[]> records = records(events(history, Map.of()).bytes());

        assertThat(records).hasSize(301);
        Message first = Message.parse(records.getFirst());
        assertThat(first.text(3)).isEqualTo("brain.Event:2");
        assertThat(first.real(1)).isEqualTo(START);
        Message last = Message.parse(records.getLast());
        assertThat(last.number(2)).isEqualTo(300);
        assertThat(last.real(1)).isEqualTo(START + 3000);
        assertThat(scalars(last))
                .containsOnlyKeys("loss/train", "top1/test", "learning_rate", "images_per_second")
                .containsEntry("loss/train", (float) (2.0 / 300))
                .containsEntry("top1/test", 0.5f)
                .containsEntry("learning_rate", 0.1f);
    }

    @Test
    void leavesOutWhatWasNotMeasured() {
        List<EpochRecord> history = List.of(new EpochRecord(1, 2, Double.NaN, 0.1, 900, 10));
        Message event = Message.parse(records(events(history, Map.of()).bytes()).getLast());
        assertThat(scalars(event)).doesNotContainKey("top1/test").containsKey("loss/train");
    }

    @Test
    void countsTheValuesOfKernels() {
        float[] values = {-1, -1, 0.5f, 2, 2, 2, Float.NaN};
        EventFile file = events(history(1), Map.of("stage1.0", values, "empty", new float[0]));
        Message event = Message.parse(records(file.bytes()).getLast());
        List<Message> entries =
                Message.parse(event.bytes(5).getFirst()).bytes(1).stream()
                        .map(Message::parse)
                        .filter(entry -> entry.text(1).startsWith("kernels/"))
                        .toList();

        assertThat(entries).singleElement().returns("kernels/stage1.0", entry -> entry.text(1));
        Message histogram = Message.parse(entries.getFirst().bytes(5).getFirst());
        assertThat(histogram.real(1)).as("least").isEqualTo(-1);
        assertThat(histogram.real(2)).as("greatest").isEqualTo(2);
        assertThat(histogram.real(3)).as("count").isEqualTo(6);
        assertThat(histogram.real(4)).as("sum").isEqualTo(4.5);
        assertThat(histogram.real(5)).as("sum of squares").isEqualTo(14.25);
        double[] limits = reals(histogram.bytes(6).getFirst());
        double[] counts = reals(histogram.bytes(7).getFirst());
        assertThat(limits).hasSize(30).isSorted().endsWith(2).startsWith(-0.9);
        assertThat(counts).hasSize(30).startsWith(2, 0).endsWith(0, 3);
        assertThat(counts[15]).as("0.5 begins the upper half").isEqualTo(1);
    }

    @Test
    void goesOnFromWhatIsWritten() {
        Map<String, float[]> kernels = Map.of("stage0", new float[] {1, 2, 3});
        List<EpochRecord> three = history(3);
        byte[] written = events(three, kernels).bytes();

        EventFile resumed = EventFile.of(written, history(2), START);
        assertThat(resumed.bytes()).isEqualTo(events(history(2), kernels).bytes());
        resumed.add(three.getLast(), kernels);
        assertThat(resumed.bytes()).isEqualTo(written);
    }

    @Test
    void tellsTheScalarsOfEpochsWhoseEventsAreLost() {
        byte[] scalars = events(history(3), Map.of()).bytes();
        byte[] cut = Arrays.copyOf(scalars, scalars.length - 20);
        byte[] absurd = scalars.clone();
        absurd[7] = 0x7f; // a record of 2^62 bytes

        for (byte[] damaged : List.of(new byte[0], new byte[5], cut, absurd)) {
            assertThat(EventFile.of(damaged, history(3), START).bytes()).isEqualTo(scalars);
        }
    }

    private static List<EpochRecord> history(int epochs) {
        return IntStream.rangeClosed(1, epochs)
                .mapToObj(epoch -> new EpochRecord(epoch, 1, 0.5, 0.1, 900, 10.0 * epoch))
                .toList();
    }

    private static EventFile events(List<EpochRecord> history, Map<String, float[]> kernels) {
        EventFile events = EventFile.begun(START);
        history.forEach(epoch -> events.add(epoch, kernels));
        return events;
    }

    private static double[] reals(byte[] packed) {
        double[] reals = new double[packed.length / Double.BYTES];
        ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().get(reals);
        return reals;
    }

    /// The check value of CRC-32C is e3069283 for "123456789" (RFC 3720); masked as TFRecord does.
    @Test
    void masksTheChecksum() {
        int crc = 0xe3069283;
        int masked = ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
        assertThat(EventFile.maskedCrc("123456789".getBytes(StandardCharsets.US_ASCII)))
                .isEqualTo(masked);
    }

    private static List<byte[]> records(byte[] file) {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        List<byte[]> records = new ArrayList<>();
        while (in.hasRemaining()) {
            byte[] length = new byte[8];
            in.get(length);
            assertThat(in.getInt()).isEqualTo(EventFile.maskedCrc(length));
            byte[] data =
                    new byte
                            [(int)
                                    ByteBuffer.wrap(length)
                                            .order(ByteOrder.LITTLE_ENDIAN)
                                            .getLong()];
            in.get(data);
            assertThat(in.getInt()).isEqualTo(EventFile.maskedCrc(data));
            records.add(data);
        }
        return records;
    }

    private static Map<String, Float> scalars(Message event) {
        Map<String, Float> scalars = new TreeMap<>();
        for (byte[] value : Message.parse(event.bytes(5).getFirst()).bytes(1)) {
            Message scalar = Message.parse(value);
            scalars.put(scalar.text(1), (float) scalar.real(2));
        }
        return scalars;
    }

    /// A protobuf message: field number and content, in order.
    private record Message(List<Map.Entry<Integer, Object>> fields) {
        static Message parse(byte[] data) {
            ByteBuffer in = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
            List<Map.Entry<Integer, Object>> fields = new ArrayList<>();
            while (in.hasRemaining()) {
                long key = varint(in);
                Object content =
                        switch ((int) key & 7) {
                            case 0 -> varint(in);
                            case 1 -> in.getDouble();
                            case 2 -> {
                                byte[] bytes = new byte[(int) varint(in)];
                                in.get(bytes);
                                yield bytes;
                            }
                            case 5 -> (double) in.getFloat();
                            default -> throw new AssertionError("wire type " + (key & 7));
                        };
                fields.add(Map.entry((int) (key >>> 3), content));
            }
            return new Message(fields);
        }

        private static long varint(ByteBuffer in) {
            long value = 0;
            for (int shift = 0; ; shift += 7) {
                byte next = in.get();
                value |= (long) (next & 0x7f) << shift;
                if (next >= 0) {
                    return value;
                }
            }
        }

        private Object only(int field) {
            return fields.stream()
                    .filter(f -> f.getKey() == field)
                    .findFirst()
                    .orElseThrow()
                    .getValue();
        }

        double real(int field) {
            return (double) only(field);
        }

        long number(int field) {
            return (long) only(field);
        }

        String text(int field) {
            return new String((byte[]) only(field), StandardCharsets.UTF_8);
        }

        List<byte[]> bytes(int field) {
            return fields.stream()
                    .filter(f -> f.getKey() == field)
                    .map(f -> (byte[]) f.getValue())
                    .toList();
        }
    }
}
