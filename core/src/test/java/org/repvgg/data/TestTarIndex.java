package org.repvgg.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TestTarIndex {
    private static final int LIMIT = 1 << 20;

    @TempDir private Path temporary;

    private TarContainer open(byte[] tar) throws IOException {
        return TarContainer.open(Files.write(temporary.resolve("x.tar"), tar));
    }

    @ParameterizedTest
    @ValueSource(
            ints = {TarArchiveOutputStream.LONGFILE_GNU, TarArchiveOutputStream.LONGFILE_POSIX})
    void readsEveryDialect(int longNames) throws IOException {
        String deep = "folder-with-a-long-name/".repeat(12) + "bild-ä-画.png";
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, "UTF-8")) {
            tar.setLongFileMode(longNames);
            tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
            tar.setAddPaxHeadersForNonAsciiNames(
                    longNames == TarArchiveOutputStream.LONGFILE_POSIX);
            put(tar, new TarArchiveEntry("folder/"), new byte[0]);
            put(tar, new TarArchiveEntry(deep), new byte[] {1, 2, 3});
            put(tar, new TarArchiveEntry("link.png", TarConstants.LF_SYMLINK), new byte[0]);
            put(tar, new TarArchiveEntry("./b.png"), new byte[512]);
            put(tar, new TarArchiveEntry("b.png"), new byte[] {4});
            put(tar, new TarArchiveEntry("empty.png"), new byte[0]);
        }

        try (TarContainer tar = open(bytes.toByteArray())) {
            List<Container.Entry> entries = tar.entries();
            assertThat(entries)
                    .extracting(Container.Entry::path)
                    .containsExactly("b.png", "empty.png", deep);
            assertThat(tar.read(entries.get(0), LIMIT)).containsExactly(4);
            assertThat(tar.read(entries.get(1), LIMIT)).isEmpty();
            assertThat(tar.read(entries.get(2), LIMIT)).containsExactly(1, 2, 3);
        }
    }

    private static void put(TarArchiveOutputStream tar, TarArchiveEntry entry, byte[] content)
            throws IOException {
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }

    @Test
    void readsWithoutTheTwoBlocksAtTheEnd() throws IOException {
        byte[] tar = DataFixtures.tar(Map.of("a.png", new byte[512]));

        try (TarContainer container = open(Arrays.copyOf(tar, 1024))) {
            assertThat(container.entries()).hasSize(1);
        }
    }

    @Test
    void namesTheDamage() throws IOException {
        byte[] tar = DataFixtures.tar(Map.of("a.png", new byte[2000]));
        byte[] scratched = tar.clone();
        scratched[3] ^= 1;

        assertThatThrownBy(() -> open(Arrays.copyOf(tar, 1500)))
                .isInstanceOf(DataException.class)
                .hasMessageEndingWith(
                        "x.tar: truncated: an entry at offset 0 has 2000 bytes, 988 are left");
        assertThatThrownBy(() -> open(Arrays.copyOf(tar, 100)))
                .hasMessageEndingWith(
                        "x.tar: truncated: 100 bytes of a header at offset 0, expected 512");
        assertThatThrownBy(() -> open(scratched))
                .hasMessageContaining(
                        "x.tar: is no tar or damaged: header at offset 0 has checksum ");
    }

    @Test
    void damageNeverEscapesAsAnotherException() throws IOException {
        byte[] whole = DataFixtures.tar(DataFixtures.files("a/1.png", "b/2.png"));
        long seed = 20260102;
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            byte[] damaged = Arrays.copyOf(whole, random.nextInt(whole.length));
            for (int flips = random.nextInt(4); flips > 0 && damaged.length > 0; flips--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            try (TarContainer tar = open(damaged)) {
                for (Container.Entry entry : tar.entries()) {
                    assertThat(tar.read(entry, LIMIT)).hasSize((int) entry.size());
                }
            } catch (DataException e) {
                assertThat(e.getMessage())
                        .as("seed %s, round %s", seed, round)
                        .doesNotContain("\n");
            }
        }
    }

    @Test
    void refusesLargeFilesInside() throws IOException {
        try (TarContainer tar = open(DataFixtures.tar(Map.of("a.png", new byte[2000])))) {
            Container.Entry entry = tar.entries().getFirst();
            assertThatThrownBy(() -> tar.read(entry, 1999))
                    .isInstanceOf(DataException.class)
                    .hasMessage("a.png: 2,000 bytes, more than the 1,999 accepted");
        }
    }

    @Test
    void anInterruptedReaderDoesNotDisturbOthers() throws Exception {
        try (TarContainer tar = open(DataFixtures.tar(Map.of("a.png", new byte[] {7})))) {
            Container.Entry entry = tar.entries().getFirst();
            Thread interrupted =
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        Thread.currentThread().interrupt();
                                        assertThatThrownBy(() -> tar.read(entry, LIMIT))
                                                .isInstanceOf(IOException.class);
                                    });
            interrupted.join();

            assertThat(tar.read(entry, LIMIT)).containsExactly(7);
        }
    }

    @Test
    void saysWhenItIsClosed() throws IOException {
        TarContainer tar = open(DataFixtures.tar(Map.of("a.png", new byte[] {7})));
        tar.close();

        assertThatThrownBy(() -> tar.read(tar.entries().getFirst(), LIMIT))
                .isInstanceOf(DataException.class)
                .hasMessageEndingWith("x.tar: the data set is closed");
    }
}
