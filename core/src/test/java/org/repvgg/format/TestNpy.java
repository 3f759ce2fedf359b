package org.repvgg.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

final class TestNpy {
    @TempDir Path folder;

    @Test
    void readsBackWhatItWrites() throws IOException {
        float[] many = new float[3 * 100_003];
        for (int i = 0; i < many.length; i++) {
            many[i] = i - 0.25f;
        }
        for (Shape shape :
                List.of(Shape.of(3, 100_003), Shape.of(many.length), Shape.of(1, many.length, 1))) {
            Path file = folder.resolve("a.npy");
            Npy.write(file, Tensor.copyOf(shape, many));
            Tensor read = Npy.read(file);
            assertThat(read.shape()).isEqualTo(shape);
            assertThat(read.toArray()).isEqualTo(many);
        }
        Path scalar = folder.resolve("scalar.npy");
        Npy.write(scalar, Tensor.copyOf(Shape.of(), new float[] {5}));
        assertThat(Npy.read(scalar).toArray()).containsExactly(5);
    }

    @Test
    void writesTheHeaderThatNumPyWrites() throws IOException {
        Path file = folder.resolve("a.npy");
        byte[] theirs = Files.readAllBytes(Golden.file("official-small/logits-b2-31x45.npy"));
        Npy.write(file, Npy.read(Golden.file("official-small/logits-b2-31x45.npy")));
        assertThat(Files.readAllBytes(file)).isEqualTo(theirs);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void readsEveryVersion(int version) throws IOException {
        byte[] data = bytes(data(16).putDouble(0.1).putDouble(-3));
        Path file = write(version, dictionary("<f8", "False", "(2,)"), data);
        assertThat(Npy.read(file).toArray()).containsExactly(0.1f, -3);
    }

    @Test
    void readsLabels() throws IOException {
        byte[] longs = bytes(data(16).putLong(7).putLong(-1));
        assertThat(Npy.readIntegers(write(1, dictionary("<i8", "False", "(2,)"), longs)))
                .containsExactly(7, -1);
        byte[] integers = bytes(data(8).putInt(1 << 30).putInt(2));
        assertThat(Npy.readIntegers(write(1, dictionary("<i4", "False", "(2, 1)"), integers)))
                .containsExactly(1 << 30, 2);
        byte[] bytes = {0, (byte) 255};
        assertThat(Npy.readIntegers(write(1, dictionary("|u1", "False", "(2,)"), bytes)))
                .containsExactly(0, 255);
    }

    @Test
    void refusesTheWrongKindOfNumber() throws IOException {
        Path labels =
                write(1, dictionary("<i8", "False", "(1,)"), bytes(data(8).putLong(1L << 40)));
        assertThatThrownBy(() -> Npy.read(labels))
                .hasMessageContaining("type is '<i8', wanted '<f4'");
        assertThatThrownBy(() -> Npy.readIntegers(labels)).hasMessageContaining("beyond 32 bits");
        Path floats = write(1, dictionary("<f4", "False", "(1,)"), new byte[4]);
        assertThatThrownBy(() -> Npy.readIntegers(floats)).hasMessageContaining("type is '<f4'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'descr': '>f4', 'fortran_order': False, 'shape': (1,), } | element type is '>f4'",
                "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), } | element type is '<c8'",
                "{'descr': '<f4', 'fortran_order': True, 'shape': (1,), } | column-major",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } | takes 8 bytes, the file holds 4",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (65536,65536), } | than an array can hold",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,), } | beyond 32 bits",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), } | the header wants",
                "{'descr': '<f4', 'fortran_order': False, 'shape': 1, } | the header wants",
                "{'descr': '<f4', 'shape': (1,), } | the header wants",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': True} | unknown header field 'x'",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} import os | not a dictionary",
                "[] | not a dictionary",
            })
    void refusesHostileHeaders(String header, String why) throws IOException {
        Path file = write(1, header, new byte[4]);
        assertThatThrownBy(() -> Npy.read(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(why);
    }

    @Test
    void refusesWhatIsNoNpyFile() throws IOException {
        Path file = Files.writeString(folder.resolve("x.npy"), "not an array");
        assertThatThrownBy(() -> Npy.read(file)).hasMessageContaining("not a NumPy .npy file");
        Files.write(file, new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 9, 0});
        assertThatThrownBy(() -> Npy.read(file)).hasMessageContaining("unknown npy version 9");
        Files.write(file, new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, -1, -1, -1, -1});
        assertThatThrownBy(() -> Npy.read(file)).hasMessageContaining("length is 4294967295");
        Files.write(file, new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, -1, -1});
        assertThatThrownBy(() -> Npy.read(file)).hasMessageContaining("ends too early");
        assertThatThrownBy(() -> Npy.read(folder)).hasMessage(folder + ": not a file");
    }

    private static ByteBuffer data(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] bytes(ByteBuffer written) {
        byte[] bytes = new byte[written.position()];
        written.flip().get(bytes);
        return bytes;
    }

    private static String dictionary(String type, String order, String shape) {
        return "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n"
                .formatted(type, order, shape);
    }

    private Path write(int version, String header, byte[] data) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = data(12 + text.length + data.length);
        file.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
        if (version == 1) {
            file.putShort((short) text.length);
        } else {
            file.putInt(text.length);
        }
        file.put(text).put(data);
        return Files.write(folder.resolve("hostile.npy"), bytes(file));
    }
}
