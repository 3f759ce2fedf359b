package org.repvgg.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TestTorchFile {
    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "official-small/train",
                "official-small/deploy",
                "official-groups/train",
                "official-groups/deploy",
                "official-se/train",
                "official-se/deploy",
                "official-small-legacy/train",
                "official-small-legacy/deploy"
            })
    void holdsWhatItsSafetensorsTwinHolds(String name) throws IOException {
        String prefix = name.equals("official-small-legacy/train") ? "module." : "";
        try (TensorFile ours = TensorFile.open(Golden.file(name + ".pth"));
                TensorFile twin = TensorFile.open(Golden.file(name + ".safetensors"))) {
            assertThat(ours).isInstanceOf(TorchFile.class);
            assertThat(ours.entries()).hasSameSizeAs(twin.entries());
            for (TensorFile.Entry entry : twin.entries().values()) {
                String own = prefix + entry.name();
                assertThat(ours.entries().get(own))
                        .isEqualTo(new TensorFile.Entry(own, entry.type(), entry.dimensions()));
                if (entry.type() == DataType.I64) {
                    assertThat(ours.readLongs(own)).isEqualTo(twin.readLongs(entry.name()));
                } else {
                    assertThat(ours.read(own).toArray())
                            .as(own)
                            .containsExactly(twin.read(entry.name()).toArray());
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "FloatStorage, F32, '0000803f 000000c0'",
        "DoubleStorage, F64, '000000000000f03f 00000000000000c0'",
        "HalfStorage, F16, '003c 00c0'",
        "BFloat16Storage, BF16, '803f 00c0'"
    })
    void readsEveryKindOfFloat(String storage, DataType type, String bytes) throws IOException {
        Path path = folder.resolve("a.pth");
        new PickleWriter()
                .dictionary()
                .text("w")
                .tensor(storage, "0", 2, 0, new long[] {2}, new long[] {1})
                .endDictionary()
                .storage("0", hex(bytes))
                .zip(path);
        try (TensorFile file = TensorFile.open(path)) {
            assertThat(file.entries().get("w").type()).isEqualTo(type);
            assertThat(file.read("w").toArray()).containsExactly(1, -2);
            assertThatThrownBy(() -> file.readLongs("w"))
                    .hasMessage(path + ": data type " + type + " is not I64: w");
            assertThatThrownBy(() -> file.read("v"))
                    .hasMessageStartingWith("no tensor 'v' in " + path);
        }
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    @Test
    void readsPartsOfOneStorageInAnyOrder() throws IOException {
        Path path = folder.resolve("a.pth");
        ByteBuffer bytes = PickleWriter.little(12 * Float.BYTES);
        for (int i = 0; i < 12; i++) {
            bytes.putFloat(i);
        }
        new PickleWriter()
                .dictionary()
                .text("whole")
                .tensor("FloatStorage", "0", 12, 0, new long[] {3, 4}, new long[] {4, 1})
                .text("transposed")
                .tensor("FloatStorage", "0", 12, 0, new long[] {4, 3}, new long[] {1, 4})
                .text("column")
                .tensor("FloatStorage", "0", 12, 2, new long[] {3, 1}, new long[] {4, 9})
                .text("scalar")
                .tensor("FloatStorage", "0", 12, 7, new long[] {}, new long[] {})
                .text("empty")
                .tensor("FloatStorage", "0", 12, 12, new long[] {0, 4}, new long[] {4, 1})
                .endDictionary()
                .storage("0", bytes.array())
                .zip(path);
        try (TensorFile file = TensorFile.open(path)) {
            assertThat(file.entries().keySet())
                    .containsExactly("whole", "transposed", "column", "scalar", "empty");
            assertThat(file.read("whole").toArray())
                    .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
            assertThat(file.read("transposed").toArray())
                    .containsExactly(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11);
            assertThat(file.read("column").toArray()).containsExactly(2, 6, 10);
            assertThat(file.read("scalar").toArray()).containsExactly(7);
            Path copy = folder.resolve("a.safetensors");
            var writer = new SafetensorsWriter();
            file.entries().keySet().forEach(name -> writer.copy(name, file));
            writer.write(copy);
            try (TensorFile copied = TensorFile.open(copy)) {
                for (String name : file.entries().keySet()) {
                    assertThat(copied.read(name).toArray())
                            .as(name)
                            .containsExactly(file.read(name).toArray());
                }
            }
        }
    }

    @Test
    void findsTheDictionaryInItsWrappers() throws IOException {
        Path path = folder.resolve("a.pth");
        PickleWriter writer = new PickleWriter();
        writer.bytes('}', '(').text("epoch").bytes('K', 3).text("state_dict").dictionary();
        writer.text("w").global("torch._utils", "_rebuild_parameter").bytes('(');
        writer.tensor("FloatStorage", "0", 1, 0, new long[] {1}, new long[] {1}).bytes(0x88, ')');
        writer.bytes('t', 'R').endDictionary();
        // What a module's state dictionary says about versions.
        writer.bytes('}').text("_metadata").dictionary().endDictionary().bytes('s', 'b');
        writer.text("optimizer").bytes('}').endDictionary();
        writer.storage("0", hex("0000803f")).zip(path);
        try (TensorFile file = TensorFile.open(path)) {
            assertThat(file.entries().keySet()).containsExactly("w");
            assertThat(file.read("w").toArray()).containsExactly(1);
        }
    }

    /// What a pickle asks for, and what is said about it.
    record Refused(String what, PickleWriter writer, String message) {
        @Override
        public String toString() {
            return what;
        }
    }

    static Stream<Refused> refused() {
        return Stream.of(
                refused(
                        "os.system",
                        new PickleWriter().global("os", "system").text("id").bytes(0x85, 'R'),
                        "asks for os.system, which is refused"),
                refused(
                        "eval",
                        new PickleWriter().global("builtins", "eval").text("1").bytes(0x85, 'R'),
                        "asks for builtins.eval, which is refused"),
                refused(
                        "getattr, by its stack instruction",
                        new PickleWriter().text("builtins").text("getattr").bytes(0x93),
                        "asks for builtins.getattr, which is refused"),
                refused(
                        "a whole module",
                        new PickleWriter().global("yolov6.models.yolo", "Model"),
                        "asks for yolov6.models.yolo.Model, which is refused: only tensors are read, save"
                                + " the state_dict alone"),
                refused(
                        "a class by its old instruction",
                        new PickleWriter().bytes('(', 'i'),
                        "instruction 0x69 is none that PyTorch writes"),
                refused("no end", new PickleWriter().bytes('X', 9, 0, 0, 0), "bytes are wanted"),
                refused("an empty stack", new PickleWriter(), "takes more from the stack"),
                refused("no mark", new PickleWriter().bytes('t'), "no mark on the stack"),
                refused(
                        "an empty memory",
                        new PickleWriter().bytes('h', 7),
                        "nothing is remembered"),
                refused("protocol 9", new PickleWriter().bytes(0x80, 9), "pickle protocol 9"),
                refused(
                        "a tensor of 2^40 elements",
                        tensor(4, 0, new long[] {1 << 20, 1 << 20}, new long[] {1 << 20, 1}),
                        "does not fit a storage of 4 elements"),
                refused(
                        "a tensor that repeats one element",
                        tensor(4, 0, new long[] {1 << 20}, new long[] {0}),
                        "does not fit a storage of 4 elements"),
                refused(
                        "a shape that overflows",
                        tensor(4, 0, new long[] {1 << 30, 1 << 30, 1 << 30}, new long[] {1, 1, 1}),
                        "does not fit a storage of 4 elements"),
                refused(
                        "an offset beyond the storage",
                        tensor(4, 1, new long[] {4}, new long[] {1}),
                        "offset 1 does not fit a storage of 4 elements"),
                refused(
                        "a negative extent",
                        tensor(4, 0, new long[] {-1}, new long[] {1}),
                        "extents and strides are integers, and not negative"),
                refused(
                        "a storage larger than the file",
                        tensor(1L << 40, 0, new long[] {4}, new long[] {1}),
                        "storage 0 has 16 bytes, its tensor wants 1099511627776 elements of F32: w"),
                refused(
                        "a key that holds itself",
                        new PickleWriter().bytes('}', ']', 'q', 0, 'h', 0, 'a', 'K', 1, 's'),
                        "a dictionary's key is neither text nor number"),
                refused(
                        "no tensors",
                        new PickleWriter().bytes('}', '(').text("epoch").bytes('K', 1, 'u'),
                        "holds no state dictionary, its entries are [epoch]"));
    }

    private static Refused refused(String what, PickleWriter writer, String message) {
        return new Refused(what, writer, message);
    }

    private static PickleWriter tensor(long elements, long offset, long[] shape, long[] strides) {
        return new PickleWriter()
                .dictionary()
                .text("w")
                .tensor("FloatStorage", "0", elements, offset, shape, strides)
                .endDictionary()
                .storage("0", new byte[4 * Float.BYTES]);
    }

    @ParameterizedTest
    @MethodSource("refused")
    void refusesInOneLine(Refused refused) throws IOException {
        Path path = folder.resolve("a.pth");
        refused.writer.zip(path);
        assertThatThrownBy(() -> TensorFile.open(path).close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith(path + ": ")
                .hasMessageContaining(refused.message)
                .hasMessageNotContaining("\n");
    }

    @Test
    void refusesTensorsThatShareOneStorageWithoutEnd() throws IOException {
        PickleWriter writer = new PickleWriter().dictionary();
        for (int i = 0; i < 100; i++) {
            writer.text("w" + i);
            writer.tensor("FloatStorage", "0", 10_000, 0, new long[] {10_000}, new long[] {1});
        }
        Path path = folder.resolve("a.pth");
        writer.endDictionary().storage("0", new byte[40_000]).zip(path);
        assertThatThrownBy(() -> TensorFile.open(path).close())
                .hasMessage(path + ": its tensors have far more elements than the file has bytes");
    }

    /// Dictionaries a million deep are no deeper than the stack that holds one.
    @Test
    void readsWhatIsDeeperThanTheStackOfTheJvm() throws IOException {
        PickleWriter writer = new PickleWriter();
        for (int i = 0; i < 500_000; i++) {
            writer.bytes(']');
        }
        for (int i = 1; i < 500_000; i++) {
            writer.bytes('a');
        }
        Path path = folder.resolve("a.pth");
        writer.zip(path);
        assertThatThrownBy(() -> TensorFile.open(path).close())
                .hasMessage(path + ": holds no state dictionary");
    }

    @Test
    void refusesCompressedFilesAndOtherZips() throws IOException {
        Path path = folder.resolve("a.zip");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(path))) {
            zip.putNextEntry(new ZipEntry("archive/data.pkl"));
            zip.write(new byte[1 << 20]);
            zip.closeEntry();
        }
        assertThatThrownBy(() -> TensorFile.open(path).close())
                .hasMessage(path + ": archive/data.pkl is compressed, PyTorch's are not");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(path))) {
            zip.putNextEntry(new ZipEntry("photo.jpg"));
            zip.closeEntry();
        }
        assertThatThrownBy(() -> TensorFile.open(path).close())
                .hasMessage(path + ": a zip with 0 files named data.pkl, PyTorch's have one");
    }

    @ParameterizedTest
    @ValueSource(strings = {"official-small/train.pth", "official-small-legacy/train.pth"})
    void refusesEveryTruncation(String name) throws IOException {
        byte[] whole = Files.readAllBytes(Golden.file(name));
        Path path = folder.resolve("a.pth");
        for (int length = 1; length < whole.length; length += 1 + length / 3) {
            Files.write(path, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> TensorFile.open(path).close())
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageStartingWith(path + ": ");
        }
    }
}
