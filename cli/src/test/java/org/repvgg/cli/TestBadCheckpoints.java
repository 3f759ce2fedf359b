package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Whatever the file holds, the answer is one line that names it, at once and with little memory.
final class TestBadCheckpoints {
    @TempDir Path folder;

    @Test
    void testAMissingFile() {
        assertThat(
                        Run.repvgg("fold", "none.safetensors", "-o", "x.safetensors")
                                .refusal(ExitCode.WRONG_INPUT))
                .isEqualTo("repvgg fold: none.safetensors: no such file");
    }

    @Test
    void testANameWithoutWeights() {
        assertThat(Run.repvgg("predict", "A0", "cat.jpg").refusal(ExitCode.WRONG_INPUT))
                .startsWith("repvgg predict: A0 is a name without weights: give a checkpoint file");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 7, 100, 3000, 100_000})
    void testATruncatedFile(int length) throws IOException {
        byte[] bytes = Files.readAllBytes(Path.of(Goldens.TRAIN));
        Path file = folder.resolve("cut.safetensors");
        Files.write(file, Arrays.copyOf(bytes, length));

        assertThat(inspect(file)).startsWith("repvgg inspect: " + file + ": ");
    }

    @ParameterizedTest
    @CsvSource({"4611686018427387904", "-1", "9223372036854775807", "200000000"})
    void testAnAbsurdHeaderLength(long length) throws IOException {
        Path file = folder.resolve("absurd.safetensors");
        Files.write(
                file,
                ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array());

        assertThat(inspect(file)).startsWith("repvgg inspect: " + file + ": ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "[]",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[65536,65536],\"data_offsets\":[0,8]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}",
                "{\"a\":{\"dtype\":\"Q7\",\"shape\":[2],\"data_offsets\":[0,8]}}",
                "{}"
            })
    void testAHeaderThatMakesNoSense(String header) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + 12).order(ByteOrder.LITTLE_ENDIAN);
        Path file = folder.resolve("odd.safetensors");
        Files.write(file, bytes.putLong(json.length).put(json).array());

        assertThat(inspect(file)).startsWith("repvgg inspect: " + file + ": ");
    }

    @Test
    void testShapesThatAreNotTheSpecs() {
        assertThat(
                        Run.repvgg("evaluate", Goldens.TRAIN, "--data", "shapes", "--model", "A0")
                                .refusal(ExitCode.WRONG_INPUT))
                .startsWith("repvgg evaluate: " + Goldens.TRAIN + ": ");
    }

    @Test
    void testAFolder() {
        assertThat(inspect(folder)).contains(folder.toString());
    }

    @Test
    void testFlagsThatCannotChangeWeights() {
        assertThat(
                        Run.repvgg("inspect", Goldens.TRAIN, "--width", "0.5")
                                .refusal(ExitCode.WRONG_INPUT))
                .isEqualTo(
                        "repvgg inspect: --width cannot change the weights in "
                                + Goldens.TRAIN
                                + ": leave it away, or give a name such as A0");
    }

    private static String inspect(Path file) {
        return Run.repvgg("inspect", file.toString()).refusal(ExitCode.WRONG_INPUT);
    }
}
