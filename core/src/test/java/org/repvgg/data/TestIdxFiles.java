package org.repvgg.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.image.Image;

final class TestIdxFiles {
    private static final Path INSTALLED = Path.of("/usr/share/datasets/fashion-mnist");

    @TempDir private Path temporary;

    private static byte[] images(int magic, int count, int height, int width, int bytes) {
        ByteBuffer idx = ByteBuffer.allocate(16 + bytes);
        idx.putInt(magic).putInt(count).putInt(height).putInt(width);
        for (int i = 0; i < bytes; i++) {
            idx.put((byte) i);
        }
        return idx.array();
    }

    private static byte[] labels(int magic, int... labels) {
        ByteBuffer idx = ByteBuffer.allocate(8 + labels.length);
        idx.putInt(magic).putInt(labels.length);
        for (int label : labels) {
            idx.put((byte) label);
        }
        return idx.array();
    }

    private static Map<String, byte[]> good() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("train-images-idx3-ubyte", images(0x803, 3, 4, 5, 60));
        files.put("train-labels-idx1-ubyte", labels(0x801, 2, 0, 1));
        files.put("t10k-images-idx3-ubyte", images(0x803, 1, 4, 5, 20));
        files.put("t10k-labels-idx1-ubyte", labels(0x801, 3));
        return files;
    }

    private Dataset open(Map<String, byte[]> files) throws IOException {
        Path root = Files.createTempDirectory(temporary, "idx");
        return Datasets.open(DataFixtures.folder(root, files).toString());
    }

    @Test
    void readsPlainAndZippedFiles() throws Exception {
        Map<String, byte[]> zipped = new LinkedHashMap<>();
        for (Map.Entry<String, byte[]> file : good().entrySet()) {
            zipped.put(
                    "raw/" + file.getKey().replace("-idx", ".idx") + ".gz",
                    DataFixtures.gzip(file.getValue()));
        }
        Dataset plain = open(good());
        Dataset packed = open(zipped);

        assertThat(plain.digest()).isEqualTo(packed.digest());
        for (Dataset data : new Dataset[] {plain, packed}) {
            assertThat(data.train().size()).isEqualTo(3);
            assertThat(data.test().label(0)).isEqualTo(3);
            assertThat(data.train().classNames()).containsExactly("0", "1", "2", "3");
            Image image = data.train().image(1);
            assertThat(image.channels()).isEqualTo(1);
            assertThat(image.height()).isEqualTo(4);
            assertThat(image.width()).isEqualTo(5);
            assertThat(image.sample(2, 3, 0)).isEqualTo(20 + 3 * 5 + 2);
        }
    }

    @Test
    void takesNamesFromAFile() throws Exception {
        Map<String, byte[]> files = good();
        files.put("classes.txt", DataFixtures.bytes("zero\none\n\ntwo\n"));

        assertThat(open(files).train().classNames()).containsExactly("zero", "one", "two", "3");
    }

    @Test
    void messagesSayWhatIsWrong() {
        check(
                "train-images-idx3-ubyte",
                images(0x801, 3, 4, 5, 60),
                "is no IDX file of this kind: expected to begin with 00000803, begins with 00000801");
        check(
                "train-images-idx3-ubyte",
                new byte[] {0, 0, 8},
                "is no IDX file of this kind: expected to begin with 00000803, begins with only 3 bytes");
        check(
                "train-images-idx3-ubyte",
                images(0x803, 3, 4, 5, 59),
                "truncated: expected 60 bytes after the header, the file has 59");
        check(
                "train-images-idx3-ubyte",
                images(0x803, 3, 4, 5, 61),
                "goes on after the 60 bytes its header promises");
        check("train-images-idx3-ubyte", images(0x803, -3, 4, 5, 60), "absurd extents: -3x4x5");
        check(
                "train-images-idx3-ubyte",
                images(0x803, 1 << 30, 4000, 4000, 60),
                "absurd extents: 1073741824x4000x4000");
        check("train-labels-idx1-ubyte", labels(0x801, 2, 0), "2 labels for 3 images");
        check(
                "train-labels-idx1-ubyte",
                Arrays.copyOf(labels(0x801, 2, 0, 1), 9),
                "truncated: expected 3 bytes after the header, the file has 1");
    }

    private void check(String file, byte[] content, String message) {
        Map<String, byte[]> files = good();
        files.put(file, content);
        assertThatThrownBy(() -> open(files))
                .isInstanceOf(DataException.class)
                .hasMessage(file + ": " + message);
    }

    @Test
    void namesMissingAndDamagedFiles() throws Exception {
        Map<String, byte[]> noLabels = good();
        noLabels.remove("t10k-labels-idx1-ubyte");
        Map<String, byte[]> noGzip = good();
        noGzip.put("train-images-idx3-ubyte.gz", noGzip.remove("train-images-idx3-ubyte"));
        Map<String, byte[]> cut = good();
        byte[] zipped = DataFixtures.gzip(cut.remove("train-images-idx3-ubyte"));
        cut.put("train-images-idx3-ubyte.gz", Arrays.copyOf(zipped, zipped.length - 12));

        assertThatThrownBy(() -> open(noLabels))
                .isInstanceOf(DataException.class)
                .hasMessageEndingWith("has t10k-images-idx3-ubyte but not t10k-labels-idx1-ubyte");
        assertThatThrownBy(() -> open(noGzip))
                .isInstanceOf(DataException.class)
                .hasMessageStartingWith("train-images-idx3-ubyte.gz: is no gzip file: ");
        assertThatThrownBy(() -> open(cut))
                .isInstanceOf(DataException.class)
                .hasMessageStartingWith("train-images-idx3-ubyte.gz: damaged: ");
    }

    @Test
    void readsFashionMnistWhereItIsInstalled() throws Exception {
        assumeTrue(
                Files.isDirectory(INSTALLED),
                "skipped: Debian's package dataset-fashion-mnist is not installed");
        try (Dataset data = Datasets.open("fashion-mnist")) {
            assertThat(data.train().size()).isEqualTo(60_000);
            assertThat(data.test().size()).isEqualTo(10_000);
            assertThat(data.test().classNames()).startsWith("T-shirt/top").endsWith("Ankle boot");
            assertThat(data.test().classNames().get(data.test().label(0))).isEqualTo("Ankle boot");
            Image boot = data.test().image(0);
            assertThat(boot.width()).isEqualTo(28);
            assertThat(boot.sample(0, 0, 0)).isZero();
        }
    }
}
