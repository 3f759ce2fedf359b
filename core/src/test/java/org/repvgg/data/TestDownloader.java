package org.repvgg.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TestDownloader {
    private static final Downloader.Settings QUICK =
            new Downloader.Settings(
                    Duration.ofSeconds(10), Duration.ofMillis(700), 3, Duration.ofMillis(1));

    @TempDir private Path folder;
    private FlakyServer server;
    private byte[] content;
    private Checksum checksum;
    private final List<String> progress = Collections.synchronizedList(new ArrayList<>());

    @BeforeEach
    void startServer() throws Exception {
        server = new FlakyServer();
        content = new byte[300_000];
        new Random(7).nextBytes(content);
        checksum = Checksum.sha256(hex("SHA-256", content));
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    private static String hex(String algorithm, byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes));
    }

    private Path target() {
        return folder.resolve("cache/set/data.bin");
    }

    private Path part() {
        return folder.resolve("cache/set/data.bin.part");
    }

    private void fetch() throws IOException {
        new Downloader((file, done, total) -> progress.add(file + " " + done + "/" + total), QUICK)
                .fetch(server.address("data.bin"), target(), checksum);
    }

    private void checkThere() throws IOException {
        assertThat(Files.readAllBytes(target())).isEqualTo(content);
        try (Stream<Path> files = Files.list(target().resolveSibling("."))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("data.bin", "data.bin.lock");
        }
    }

    /// How much arrived before a connection broke is the network's affair, so ranges are patterns.
    private void checkRanges(String... patterns) {
        assertThat(server.ranges()).hasSize(patterns.length);
        for (int i = 0; i < patterns.length; i++) {
            assertThat(server.ranges().get(i)).matches(patterns[i]);
        }
    }

    @Test
    void downloadsOnce() throws Exception {
        server.then(FlakyServer.range(content, "\"a\""));

        fetch();
        fetch();

        checkThere();
        assertThat(server.ranges()).containsExactly("-");
        assertThat(progress).first().isEqualTo("data.bin 0/300000");
        assertThat(progress).last().isEqualTo("data.bin 300000/300000");
    }

    @Test
    void takesMd5AndUnknownLengths() throws Exception {
        checksum = Checksum.md5(hex("MD5", content).toUpperCase(Locale.ROOT));
        server.then(FlakyServer.ofUnknownLength(content));

        fetch();

        checkThere();
        assertThat(progress).last().isEqualTo("data.bin 300000/-1");
    }

    @Test
    void replacesADamagedFile() throws Exception {
        Files.createDirectories(target().resolveSibling("."));
        Files.write(target(), new byte[10]);
        server.then(FlakyServer.whole(content));

        fetch();

        checkThere();
    }

    @Test
    void goesOnWhereTheConnectionBroke() throws Exception {
        server.then(
                FlakyServer.range(content, "\"a\"", 100_000),
                FlakyServer.range(content, "\"a\"", 50_000),
                FlakyServer.range(content, "\"a\""));

        fetch();

        checkThere();
        checkRanges("-", "bytes=\\d+-", "bytes=1\\d{5}-");
    }

    @Test
    void goesOnInALaterCall() throws Exception {
        server.then(
                FlakyServer.range(content, "\"a\"", 70_000),
                FlakyServer.range(content, "\"a\"", 0),
                FlakyServer.range(content, "\"a\"", 0),
                FlakyServer.range(content, "\"a\""));

        assertThatThrownBy(this::fetch)
                .isInstanceOf(DataException.class)
                .hasMessageStartingWith(server.address("data.bin") + ": the connection broke")
                .hasMessageEndingWith(" bytes are kept and the next attempt goes on from there");
        fetch();

        checkThere();
        assertThat(server.ranges().getLast()).matches("bytes=\\d{4,5}-");
    }

    @Test
    void beginsAgainWhereRangesAreIgnored() throws Exception {
        server.then(FlakyServer.range(content, "\"a\"", 100_000), FlakyServer.whole(content));

        fetch();

        checkThere();
        checkRanges("-", "bytes=\\d+-");
    }

    @Test
    void beginsAgainWhenTheFileHasChanged() throws Exception {
        byte[] older = new byte[200_000];
        server.then(
                FlakyServer.range(older, "\"old\"", 100_000), FlakyServer.range(content, "\"a\""));

        fetch();

        checkThere();
    }

    @Test
    void beginsAgainWhenA206HasAnotherTag() throws Exception {
        server.then(
                FlakyServer.range(new byte[300_000], "\"old\"", 100_000),
                exchange -> {
                    exchange.getResponseHeaders().set("ETag", "\"a\"");
                    String range = exchange.getRequestHeaders().getFirst("Range");
                    String rest = range.replaceAll("\\D", "");
                    exchange.getResponseHeaders()
                            .set("Content-Range", "bytes " + rest + "-299999/300000");
                    int count = 300_000 - Integer.parseInt(rest);
                    exchange.sendResponseHeaders(206, count);
                    // all of it: a reset before the end could take the headers along
                    exchange.getResponseBody().write(new byte[count]);
                },
                FlakyServer.range(content, "\"a\""));

        fetch();

        checkThere();
        checkRanges("-", "bytes=\\d+-", "-");
    }

    @Test
    void beginsAgainWhenAnOldPartDoesNotFit() throws Exception {
        Files.createDirectories(part().resolveSibling("."));
        Files.write(part(), new byte[1_000]);
        server.then(FlakyServer.range(content, "\"a\""));

        fetch();

        checkThere();
        assertThat(server.ranges()).containsExactly("bytes=1000-", "-");
    }

    @Test
    void acceptsAPartThatIsComplete() throws Exception {
        Files.createDirectories(part().resolveSibling("."));
        Files.write(part(), content);
        server.then(FlakyServer.range(content, "\"a\""));

        fetch();

        checkThere();
        assertThat(server.ranges()).containsExactly("bytes=300000-");
    }

    @Test
    void beginsAgainWhenThePartIsTooLong() throws Exception {
        Files.createDirectories(part().resolveSibling("."));
        Files.write(part(), new byte[400_000]);
        server.then(FlakyServer.range(content, "\"a\""));

        fetch();

        checkThere();
        assertThat(server.ranges()).containsExactly("bytes=400000-", "-");
    }

    @ParameterizedTest
    @ValueSource(ints = {403, 404, 416, 500, 503})
    void namesTheAddressAndTheStatus(int status) {
        server.then(FlakyServer.status(status));

        assertThatThrownBy(this::fetch)
                .isInstanceOf(DataException.class)
                .hasMessage(server.address("data.bin") + ": the server answers HTTP " + status);
        assertThat(target()).doesNotExist();
        assertThat(server.ranges()).hasSize(1);
    }

    @Test
    void removesADamagedDownload() throws Exception {
        byte[] damaged = content.clone();
        damaged[1234] ^= 1;
        server.then(FlakyServer.range(damaged, "\"a\""));

        assertThatThrownBy(this::fetch)
                .isInstanceOf(DataException.class)
                .hasMessage(
                        "%s: the file is damaged and was removed: expected SHA-256 %s, it has %s",
                        server.address("data.bin"), checksum.hex(), hex("SHA-256", damaged));
        assertThat(target()).doesNotExist();
        assertThat(part()).doesNotExist();
    }

    @Test
    void givesUpOnSilence() {
        server.then(FlakyServer.stall(content, 1_000));
        checksum = Checksum.md5("0".repeat(32));

        assertThatThrownBy(this::fetch)
                .isInstanceOf(DataException.class)
                .hasMessageContaining(": nothing came for 0 s; ");
    }

    @Test
    void saysWhenNobodyAnswers() {
        URI address = server.address("data.bin");
        server.close();

        assertThatThrownBy(
                        () ->
                                new Downloader(DownloadProgress.NONE, QUICK)
                                        .fetch(address, target(), checksum))
                .isInstanceOf(DataException.class)
                .hasMessageStartingWith(address + ": cannot be reached: ");
    }

    @Test
    void saysWhenTheFolderCannotBeMade() throws Exception {
        Files.write(folder.resolve("cache"), new byte[1]);

        assertThatThrownBy(this::fetch)
                .isInstanceOf(DataException.class)
                .hasMessageStartingWith(target() + ": cannot be written: ");
    }

    @Test
    void severalAtOnceDownloadOnce() throws Exception {
        server.then(FlakyServer.range(content, "\"a\""));
        List<Future<?>> calls = new ArrayList<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(6)) {
            for (int i = 0; i < 6; i++) {
                calls.add(
                        pool.submit(
                                () -> {
                                    fetch();
                                    return null;
                                }));
            }
        }
        for (Future<?> call : calls) {
            call.get();
        }

        checkThere();
        assertThat(server.ranges()).hasSize(1);
    }

    @Test
    void checksumsAreChecked() {
        for (String hex : Arrays.asList("", "12", "g".repeat(32))) {
            assertThatThrownBy(() -> Checksum.md5(hex))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
