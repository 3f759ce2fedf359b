package org.repvgg.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

final class TestSafetensors {
    @TempDir Path folder;

    @Test
    void copiesTensorsOfAnyTypeAsTheyAre() throws IOException {
        String header =
                """
                {"flag":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]},\
                "byte":{"dtype":"U8","shape":[],"data_offsets":[3,4]},\
                "half":{"dtype":"F16","shape":[1,2],"data_offsets":[4,8]},\
                "wide":{"dtype":"F64","shape":[1],"data_offsets":[8,16]},\
                "none":{"dtype":"I32","shape":[0,4],"data_offsets":[16,16]}}""";
        byte[] data = new byte[16];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) (i + 1);
        }
        Path copy = folder.resolve("copy.safetensors");
        try (Safetensors file = Safetensors.open(SafetensorsBytes.write(folder, header, data))) {
            var writer = new SafetensorsWriter();
            file.entries().keySet().forEach(name -> writer.copy(name, file));
            writer.add("own", Tensor.vector(1)).write(copy);
            assertThatThrownBy(() -> writer.copy("more", file))
                    .hasMessageStartingWith("no tensor 'more' in ");
        }
        try (Safetensors read = Safetensors.open(copy)) {
            assertThat(read.entries().keySet()) // wide elements first: all are aligned
                    .containsExactly("wide", "none", "own", "half", "flag", "byte");
            assertThat(read.entries().get("half").type()).isEqualTo(DataType.F16);
            assertThat(read.entries().get("half").dimensions()).containsExactly(1, 2);
        }
        byte[] bytes = Files.readAllBytes(copy);
        assertThat(Arrays.copyOfRange(bytes, bytes.length - 8, bytes.length))
                .containsExactly(5, 6, 7, 8, 1, 2, 3, 4);
    }

    @Test
    void readsBackWhatItWrites() throws IOException {
        Path file = folder.resolve("a.safetensors");
        float[] many = new float[700_001]; // more than one chunk, and not a multiple of one
        for (int i = 0; i < many.length; i++) {
            many[i] = i * 0.5f - 3;
        }
        long[] longs = {Long.MIN_VALUE, -1, 1L << 62};
        new SafetensorsWriter()
                .metadata("format", "pt")
                .metadata("text", "line\n\"quoted\" é")
                .add("many", Tensor.ofOwned(Shape.of(many.length), many))
                .addScalar("count", 42)
                .add("matrix", Tensor.copyOf(Shape.of(2, 3), new float[] {1, 2, 3, 4, 5, 6}))
                .add("empty", Tensor.zeros(Shape.of(0, 3)))
                .addLongs("longs", longs)
                .write(file);
        try (Safetensors read = Safetensors.open(file)) {
            assertThat(read.metadata())
                    .isEqualTo(Map.of("format", "pt", "text", "line\n\"quoted\" é"));
            assertThat(read.entries().keySet())
                    .containsExactly("count", "longs", "many", "matrix", "empty");
            assertThat(read.read("many").toArray()).isEqualTo(many);
            assertThat(read.read("matrix").shape()).isEqualTo(Shape.of(2, 3));
            assertThat(read.read("matrix").toArray()).containsExactly(1, 2, 3, 4, 5, 6);
            assertThat(read.read("empty").shape()).isEqualTo(Shape.of(0, 3));
            assertThat(read.readLongs("count")).containsExactly(42);
            assertThat(read.readLongs("longs")).isEqualTo(longs);
            assertThat(read.entries().get("count").dimensions()).isEmpty();
        }
        try (FileChannel channel = FileChannel.open(file)) {
            assertThat(SafetensorsHeader.read(file, channel).spans().values())
                    .allSatisfy(span -> assertThat(span.start() % span.type().bytes()).isZero());
        }
    }

    @Test
    void writesTheSameBytesTwiceAndLeavesNothingBeside() throws IOException {
        Path first = folder.resolve("a.safetensors");
        Path second = folder.resolve("b.safetensors");
        for (Path file : List.of(first, second, first)) {
            new SafetensorsWriter()
                    .metadata("z", "1")
                    .metadata("a", "2")
                    .add("w", Tensor.vector(1, 2))
                    .write(file);
        }
        assertThat(Files.readAllBytes(first)).isEqualTo(Files.readAllBytes(second));
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactlyInAnyOrder(first, second);
        }
    }

    @Test
    void readsEveryFloatType() throws IOException {
        ByteBuffer data = ByteBuffer.allocate(14 * 2).order(ByteOrder.LITTLE_ENDIAN);
        data.putDouble(0.1).putDouble(-2); // F64
        data.putFloat(1.5f); // F32
        data.putShort((short) 0x3C00).putShort((short) 0xC000); // F16: 1, -2
        data.putShort((short) 0x3F80).putShort((short) 0xFF80); // BF16: 1, -infinity
        Path file =
                SafetensorsBytes.write(
                        folder,
                        """
                        {"d":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},
                         "f":{"dtype":"F32","shape":[1],"data_offsets":[16,20]},
                         "h":{"dtype":"F16","shape":[2],"data_offsets":[20,24]},
                         "b":{"dtype":"BF16","shape":[2],"data_offsets":[24,28]}}\
                        """,
                        data.array());
        try (Safetensors read = Safetensors.open(file)) {
            assertThat(read.read("d").toArray()).containsExactly(0.1f, -2);
            assertThat(read.read("f").toArray()).containsExactly(1.5f);
            assertThat(read.read("h").toArray()).containsExactly(1, -2);
            assertThat(read.read("b").toArray()).containsExactly(1, Float.NEGATIVE_INFINITY);
        }
    }

    @Test
    void skipsTypesItDoesNotRead() throws IOException {
        Path file =
                SafetensorsBytes.write(
                        folder,
                        """
                        {"flag":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]},
                         "w":{"dtype":"F32","shape":[],"data_offsets":[3,7]}}\
                        """,
                        7);
        try (Safetensors read = Safetensors.open(file)) {
            assertThat(read.read("w").toArray()).containsExactly(0);
            assertThatThrownBy(() -> read.read("flag"))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("data type BOOL is none of F32, F64, F16, BF16: flag");
            assertThatThrownBy(() -> read.readLongs("w")).hasMessageContaining("F32 is not I64");
            assertThatThrownBy(() -> read.read("flagg"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("did you mean 'flag'?");
        }
    }

    @Test
    void readsWhatTheReferenceWrote() throws Exception {
        Path file = Golden.file("official-small/train.safetensors");
        try (Safetensors read = Safetensors.open(file)) {
            assertThat(read.metadata()).isEqualTo(Map.of("format", "pt"));
            assertThat(read.entries()).hasSize(113);
            assertThat(read.read("linear.bias").shape()).isEqualTo(Shape.of(10));
            assertThat(read.readLongs("stage0.rbr_dense.bn.num_batches_tracked")).hasSize(1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "4611686018427387904", // 2^62
        "-1",
        "9223372036854775807",
        "-9223372036854775808",
        "11",
        "99000000"
    })
    void refusesAHeaderLongerThanTheFile(long length) throws IOException {
        Path file =
                SafetensorsBytes.write(
                        folder, length, "{}        ".getBytes(StandardCharsets.UTF_8), new byte[0]);
        assertThatThrownBy(() -> Safetensors.open(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(
                        "x.safetensors: header length is " + Long.toUnsignedString(length))
                .hasMessageContaining("the file has 10 bytes after it")
                .hasMessageEndingWith("offset=0");
    }

    @Test
    void refusesAHeaderAboveTheLimit() throws IOException {
        Path file = folder.resolve("sparse.safetensors");
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            channel.write(length.putLong(100_000_001).flip());
            channel.write(ByteBuffer.allocate(1), 200_000_000); // a hole: takes no disk
        }
        assertThatThrownBy(() -> Safetensors.open(file))
                .hasMessageContaining("header length is 100000001, at most 100000000");
    }

    static List<Arguments> unsoundHeaders() {
        return List.of(
                Arguments.of("", 0, "not a JSON object"),
                Arguments.of(" {}", 0, "not a JSON object"),
                Arguments.of("[]", 0, "not a JSON object"),
                Arguments.of("{", 0, "not sound JSON"),
                Arguments.of("{}x", 0, "text after the end"),
                Arguments.of("{\"a\":" + "[".repeat(5000), 0, "nested deeper"),
                Arguments.of("{\"w\":1}", 0, "wanted an object, found 1: w"),
                Arguments.of("{\"__metadata__\":{\"a\":1}}", 0, "wanted a string, found 1"),
                Arguments.of(
                        one("F32", "[1]", "[0,4]").replace("dtype", "type"),
                        4,
                        "'dtype' is missing"),
                Arguments.of(one("F4", "[1]", "[0,4]"), 4, "unknown data type \"F4\""),
                Arguments.of(one("F32", "[1.5]", "[0,4]"), 4, "wanted a whole number"),
                Arguments.of(one("F32", "[-1]", "[0,4]"), 4, "a dimension is negative: [-1]"),
                Arguments.of(one("F32", "[4294967297]", "[0,4]"), 4, "32 bits, found 4294967297"),
                Arguments.of(
                        one("F32", "[2147483647,2147483647,2147483647]", "[0,4]"),
                        4,
                        "the shape overflows"),
                Arguments.of(one("F32", "[65536,65536]", "[0,4]"), 4, "takes 17179869184 bytes"),
                Arguments.of(
                        one("F32", "[2]", "[0,4]"), 4, "F32[2] takes 8 bytes, data_offsets span 4"),
                Arguments.of(one("F32", "[1]", "[4,0]"), 4, "run backwards: [4,0]"),
                Arguments.of(one("F32", "[1]", "[-4,0]"), 4, "run backwards"),
                Arguments.of(one("F32", "[1]", "[0]"), 4, "two numbers, not 1"),
                Arguments.of(one("F32", "[1]", "[0,18446744073709551620]"), 4, "64 bits"),
                Arguments.of(
                        one("F32", "[1]", "[9223372036854775803,9223372036854775807]"),
                        4,
                        "runs past end of file"),
                Arguments.of(
                        one("F32", "[1]", "[0,4]"), 3, "runs past end of file: ends at 4 of 3: w"),
                Arguments.of(one("F32", "[1]", "[0,4]"), 5, "1 bytes after the last tensor"),
                Arguments.of(one("F32", "[1]", "[4,8]"), 8, "leaves a gap after the one before it"),
                Arguments.of(
                        "{\"w\":"
                                + tensor("F32", "[2]", "[0,8]")
                                + ",\"v\":"
                                + tensor("F32", "[2]", "[4,12]")
                                + "}",
                        12,
                        "tensor overlaps the one before it"),
                Arguments.of(
                        "{\"w\":"
                                + tensor("F32", "[1]", "[0,4]")
                                + ",\"w\":"
                                + tensor("F32", "[1]", "[4,8]")
                                + "}",
                        8,
                        "field 'w' is there twice"));
    }

    @ParameterizedTest
    @MethodSource("unsoundHeaders")
    void refusesAnUnsoundHeader(String header, int dataBytes, String why) throws IOException {
        Path file = SafetensorsBytes.write(folder, header, dataBytes);
        assertThatThrownBy(() -> Safetensors.open(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(why)
                .hasMessageContaining(": offset=");
    }

    @Test
    void keepsItsMessageOnOneLine() throws IOException {
        String name = "\\u001b[31mred\\nline" + "x".repeat(10_000);
        Path file =
                SafetensorsBytes.write(
                        folder, "{\"" + name + "\":" + tensor("F32", "[1]", "[0,8]") + "}", 8);
        assertThatThrownBy(() -> Safetensors.open(file))
                .satisfies(
                        e ->
                                assertThat(e.getMessage())
                                        .doesNotContain("\n", "\u001b")
                                        .hasSizeLessThan(1000));
    }

    @Test
    void refusesWhatIsNoSafetensorsFile() throws IOException {
        assertThatThrownBy(() -> Safetensors.open(folder.resolve("absent")))
                .hasMessage(folder.resolve("absent") + ": no such file");
        assertThatThrownBy(() -> Safetensors.open(folder)).hasMessage(folder + ": not a file");
        Path file = Files.write(folder.resolve("short"), new byte[] {1, 2, 3});
        assertThatThrownBy(() -> Safetensors.open(file))
                .hasMessageContaining("too short for a safetensors file: 3 bytes");
        byte[] notUtf8 = {'{', '"', (byte) 0xFF, '"', '}'};
        Path bad = SafetensorsBytes.write(folder, notUtf8.length, notUtf8, new byte[0]);
        assertThatThrownBy(() -> Safetensors.open(bad)).hasMessageContaining("not UTF-8");
    }

    @Test
    void noticesAFileThatShrinksWhileItIsRead() throws IOException {
        Path file = folder.resolve("a.safetensors");
        new SafetensorsWriter().add("w", Tensor.zeros(Shape.of(100_000))).write(file);
        try (Safetensors read = Safetensors.open(file)) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(1000);
            }
            assertThatThrownBy(() -> read.read("w"))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("the file became shorter while it was read: w");
        }
    }

    @Test
    void readsBeyondTwoGigabytes() throws IOException {
        Path file = folder.resolve("large.safetensors");
        long gap = 3L << 30;
        String header =
                "{\"gap\":"
                        + tensor("U8", "[3,1073741824]", "[0," + gap + "]")
                        + ",\"w\":"
                        + tensor("F32", "[2]", "[" + gap + "," + (gap + 8) + "]")
                        + "}";
        Path head = SafetensorsBytes.write(folder, header, 0);
        Files.move(head, file);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            ByteBuffer data = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            channel.write(data.putFloat(7).putFloat(8).flip(), channel.size() + gap); // sparse
        }
        try (Safetensors read = Safetensors.open(file)) {
            assertThat(read.read("w").toArray()).containsExactly(7, 8);
            assertThatThrownBy(() -> read.read("gap")).isInstanceOf(CheckpointException.class);
        }
    }

    @Test
    void refusesANameTwice() {
        var writer = new SafetensorsWriter().addScalar("a", 1);
        assertThatThrownBy(() -> writer.add("a", Tensor.vector(1)))
                .hasMessage("a tensor's name is taken: a");
        assertThatThrownBy(() -> writer.addScalar("__metadata__", 1)).hasMessageContaining("taken");
    }

    private static String one(String type, String shape, String offsets) {
        return "{\"w\":" + tensor(type, shape, offsets) + "}";
    }

    private static String tensor(String type, String shape, String offsets) {
        return "{\"dtype\":\""
                + type
                + "\",\"shape\":"
                + shape
                + ",\"data_offsets\":"
                + offsets
                + "}";
    }
}
