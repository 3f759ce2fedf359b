package org.repvgg.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.image.Image;

final class TestCifarBinary {
    @TempDir private Path temporary;

    /// Records whose red is the label, green the row, blue the column.
    private static byte[] records(int coarse, int... labels) {
        int labelBytes = coarse < 0 ? 1 : 2;
        byte[] bytes = new byte[labels.length * (labelBytes + 3072)];
        int at = 0;
        for (int label : labels) {
            if (coarse >= 0) {
                bytes[at++] = (byte) coarse;
            }
            bytes[at++] = (byte) label;
            for (int i = 0; i < 1024; i++) {
                bytes[at + i] = (byte) label;
                bytes[at + 1024 + i] = (byte) (i / 32);
                bytes[at + 2048 + i] = (byte) (i % 32);
            }
            at += 3072;
        }
        return bytes;
    }

    private static Map<String, byte[]> ten() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        for (int batch = 1; batch <= 5; batch++) {
            files.put("cifar-10-batches-bin/data_batch_" + batch + ".bin", records(-1, batch, 9));
        }
        files.put("cifar-10-batches-bin/test_batch.bin", records(-1, 3, 0, 7));
        files.put("cifar-10-batches-bin/readme.html", DataFixtures.bytes("<html>"));
        files.put(
                "cifar-10-batches-bin/batches.meta.txt",
                DataFixtures.bytes(
                        "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n"));
        return files;
    }

    private static void checkTen(Dataset data) throws IOException {
        assertThat(data.train().size()).isEqualTo(10);
        assertThat(data.test().size()).isEqualTo(3);
        assertThat(data.train().classNames()).startsWith("airplane", "automobile").hasSize(10);
        assertThat(IntStream.range(0, 10).map(data.train()::label))
                .containsExactly(1, 9, 2, 9, 3, 9, 4, 9, 5, 9);
        assertThat(data.train().name(5)).isEqualTo("data_batch_3.bin#1");
        Image image = data.train().image(8);
        assertThat(image.sample(20, 30, 0)).isEqualTo(5);
        assertThat(image.sample(20, 30, 1)).isEqualTo(30);
        assertThat(image.sample(20, 30, 2)).isEqualTo(20);
        assertThat(data.notes()).isEmpty();
    }

    @Test
    void readsTenFromFolderAndArchives() throws Exception {
        Path outer = DataFixtures.folder(temporary.resolve("outer"), ten());
        byte[] tar = DataFixtures.tar(ten());
        for (Path source :
                List.of(
                        outer,
                        outer.resolve("cifar-10-batches-bin"),
                        Files.write(
                                temporary.resolve("cifar-10-binary.tar.gz"),
                                DataFixtures.gzip(tar)),
                        Files.write(temporary.resolve("x.tar"), tar),
                        Files.write(temporary.resolve("x.zip"), DataFixtures.zip(ten())))) {
            try (Dataset data = Datasets.open(source.toString())) {
                checkTen(data);
            }
        }
    }

    @Test
    void namesMissingBatches() throws Exception {
        Map<String, byte[]> files = Map.of("data_batch_2.bin", records(-1, 1, 2));
        Path root = DataFixtures.folder(temporary.resolve("part"), files);

        Dataset data = Datasets.open(root.toString());

        assertThat(data.train().size()).isEqualTo(2);
        assertThat(data.hasOneSplit()).isTrue();
        assertThat(data.notes()).hasSize(4).first().isEqualTo("data_batch_1.bin is missing");
    }

    @Test
    void readsHundred() throws Exception {
        String names =
                IntStream.range(0, 100).mapToObj(i -> "fine" + i).collect(Collectors.joining("\n"));
        Map<String, byte[]> files =
                Map.of(
                        "train.bin", records(4, 99, 0),
                        "test.bin", records(19, 50),
                        "fine_label_names.txt", DataFixtures.bytes(names));
        Path root = DataFixtures.folder(temporary.resolve("hundred"), files);

        Dataset data = Datasets.open(root.toString());

        assertThat(data.train().classNames()).hasSize(100).contains("fine99");
        assertThat(data.train().label(0)).isEqualTo(99);
        assertThat(data.test().label(0)).isEqualTo(50);
        assertThat(data.test().image(0).sample(1, 2, 0)).isEqualTo(50);
    }

    @Test
    void messagesSayWhatIsWrong() throws Exception {
        byte[] whole = records(-1, 1, 2, 3);
        Path cut =
                DataFixtures.folder(
                        temporary.resolve("cut"),
                        Map.of("data_batch_1.bin", Arrays.copyOf(whole, 9000)));
        Path label =
                DataFixtures.folder(
                        temporary.resolve("label"), Map.of("test_batch.bin", records(-1, 1, 10)));
        Path python =
                DataFixtures.folder(
                        temporary.resolve("python"), Map.of("data_batch_1", new byte[100]));
        Path hundred =
                DataFixtures.folder(
                        temporary.resolve("hundred"),
                        Map.of("train.bin", new byte[5], "fine_label_names.txt", new byte[0]));

        assertThatThrownBy(() -> Datasets.open(cut.toString()))
                .isInstanceOf(DataException.class)
                .hasMessage(
                        "data_batch_1.bin: truncated or damaged: expected 10,000 records of 3073 bytes = 30730000 bytes,"
                                + " the file has 9000");
        assertThatThrownBy(() -> Datasets.open(label.toString()))
                .hasMessage("test_batch.bin: record 1 has label 10, there are 10 classes");
        assertThatThrownBy(() -> Datasets.open(python.toString()))
                .hasMessageContaining("the binary version is wanted: cifar-10-binary.tar.gz");
        assertThatThrownBy(() -> Datasets.open(hundred.toString()))
                .hasMessage("fine_label_names.txt: names 0 classes, expected 100");
    }
}
