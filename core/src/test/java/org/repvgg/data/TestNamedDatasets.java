package org.repvgg.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TestNamedDatasets {
    private static final Map<String, byte[]> PETS =
            DataFixtures.files("train/a/1.png", "train/b/2.png", "test/a/3.png");

    @TempDir private Path folder;

    private static NamedDatasets.Published published(URI base, byte[] archive) throws Exception {
        byte[] md5 = MessageDigest.getInstance("MD5").digest(archive);
        return new NamedDatasets.Published(
                "pets",
                base,
                List.of("pets-unpacked"),
                List.of(
                        new NamedDatasets.PublishedFile(
                                "pets.tar.gz", HexFormat.of().formatHex(md5))));
    }

    private OpenOptions options() {
        return OpenOptions.of(Map.of("XDG_CACHE_HOME", folder.resolve("cache").toString()), folder);
    }

    @Test
    void downloadsOnceIntoTheCache() throws Exception {
        byte[] archive = DataFixtures.gzip(DataFixtures.tar(PETS));
        try (FlakyServer server = new FlakyServer().then(FlakyServer.whole(archive))) {
            NamedDatasets.Published pets = published(server.address(""), archive);
            for (int i = 0; i < 2; i++) {
                try (Dataset data = NamedDatasets.open(pets, options())) {
                    assertThat(data.name()).isEqualTo("pets");
                    assertThat(data.train().size()).isEqualTo(2);
                    assertThat(data.test().image(0).width()).isEqualTo(4);
                }
            }
            assertThat(server.ranges()).hasSize(1);
            assertThat(folder.resolve("cache/repvgg/pets/pets.tar.gz")).exists();
        }
    }

    @Test
    void takesAnotherAddress() throws Exception {
        byte[] archive = DataFixtures.gzip(DataFixtures.tar(PETS));
        try (FlakyServer server = new FlakyServer().then(FlakyServer.whole(archive))) {
            URI nowhere = URI.create("http://127.0.0.1:1/");
            OpenOptions options = options().withMirror(server.address("mirror").toString());
            try (Dataset data = NamedDatasets.open(published(nowhere, archive), options)) {
                assertThat(data.train().size()).isEqualTo(2);
            }
        }
    }

    @Test
    void takesALocalFolderAndLeavesItAlone() throws Exception {
        byte[] archive = DataFixtures.gzip(DataFixtures.tar(PETS));
        NamedDatasets.Published pets = published(URI.create("http://127.0.0.1:1/"), archive);
        Path packed = Files.createDirectories(folder.resolve("packed"));
        Files.write(packed.resolve("pets.tar.gz"), archive);
        Path named = Files.createDirectories(folder.resolve("named/pets"));
        Files.write(named.resolve("pets.tar.gz"), archive);
        DataFixtures.folder(folder.resolve("unpacked/pets-unpacked"), PETS);

        for (String mirror : List.of("packed", "named", "unpacked")) {
            OpenOptions options = options().withMirror(folder.resolve(mirror).toString());
            try (Dataset data = NamedDatasets.open(pets, options)) {
                assertThat(data.name()).isEqualTo("pets");
                assertThat(data.train().size()).isEqualTo(2);
            }
        }
        try (Stream<Path> files = Files.list(packed)) {
            assertThat(files).hasSize(1);
        }
        Path empty = Files.createDirectories(folder.resolve("empty"));
        assertThatThrownBy(() -> NamedDatasets.open(pets, options().withMirror(empty.toString())))
                .isInstanceOf(DataException.class)
                .hasMessage(
                        empty
                                + ": this mirror has no pets: expected pets.tar.gz or a folder pets-unpacked");
    }
}
