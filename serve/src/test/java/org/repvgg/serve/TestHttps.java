package org.repvgg.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.serve.inference.BatchOptions;
import org.repvgg.serve.inference.ModelReader;
import org.repvgg.serve.inference.ModelRepository;
import org.repvgg.serve.inference.ModelSource;

@Timeout(60)
final class TestHttps {
    private static final String PASSWORD = "password";

    @TempDir Path folder;

    private final ServingMetrics metrics = new ServingMetrics();
    private ModelRepository models;

    @BeforeEach
    void begin() {
        models =
                ModelRepository.open(
                        List.of(new ModelSource.Repository(folder)),
                        ModelReader.standard(),
                        new RuntimeOptions(1),
                        BatchOptions.defaults(),
                        metrics,
                        Duration.ZERO);
    }

    @AfterEach
    void end() {
        models.close();
        metrics.close();
    }

    private InferenceServer start(Path certificate, Path key) throws IOException {
        return start(certificate, key, Duration.ofSeconds(30));
    }

    private InferenceServer start(Path certificate, Path key, Duration bodyTimeout)
            throws IOException {
        ServeOptions local = ServeOptions.local(0);
        return InferenceServer.start(
                new ServeOptions(
                        local.host(),
                        0,
                        local.token(),
                        Optional.of(new TlsFiles(certificate, key)),
                        local.corsOrigin(),
                        local.bodyLimit(),
                        local.bodyMemory(),
                        local.pixelLimit(),
                        bodyTimeout,
                        local.drain()),
                models,
                metrics,
                "test",
                "1",
                _ -> {},
                _ -> {});
    }

    /// A key and a certificate that it has signed itself, as the JDK's own tool makes them.
    private KeyStore keys(String name) throws Exception {
        Path file = folder.resolve(name + ".p12");
        Process keytool =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-alias",
                                name,
                                "-keyalg",
                                "EC",
                                "-dname",
                                "CN=localhost",
                                "-ext",
                                "san=ip:127.0.0.1",
                                "-keystore",
                                file.toString(),
                                "-storepass",
                                PASSWORD)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        assertThat(keytool.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray());
    }

    private Path pem(String name, String kind, byte[] content) throws IOException {
        String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return Files.writeString(
                folder.resolve(name),
                "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(kind, text, kind));
    }

    private Path certificate(KeyStore keys, String name) throws Exception {
        return pem(name + ".crt", "CERTIFICATE", keys.getCertificate(name).getEncoded());
    }

    private Path key(KeyStore keys, String name) throws Exception {
        return pem(
                name + ".key",
                "PRIVATE KEY",
                keys.getKey(name, PASSWORD.toCharArray()).getEncoded());
    }

    private static SSLContext trusting(KeyStore keys, String name) throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        trusted.setCertificateEntry(name, keys.getCertificate(name));
        TrustManagerFactory trust =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, trust.getTrustManagers(), null);
        return tls;
    }

    @Test
    void speaksTlsAndIsNotHeldUpBySilence() throws Exception {
        KeyStore keys = keys("a");
        try (InferenceServer server = start(certificate(keys, "a"), key(keys, "a"));
                HttpClient client =
                        HttpClient.newBuilder().sslContext(trusting(keys, "a")).build()) {
            assertThat(server.address()).startsWith("https://127.0.0.1:");
            URI live = URI.create(server.address() + "/v2/health/live");
            try (Socket silent = new Socket(live.getHost(), live.getPort())) {
                assertThat(silent.isConnected()).isTrue();
                assertThat(
                                client.send(
                                                HttpRequest.newBuilder(live).build(),
                                                BodyHandlers.ofString())
                                        .body())
                        .contains("\"live\":true");
            }
        }
    }

    @Test
    void answersPhotosOnOneConnection() throws Exception {
        KeyStore keys = keys("a");
        TinyNetworks.write(folder, "pets", "1", 1);
        models.close();
        begin();
        assertThat(models.awaitReady(Duration.ofSeconds(30))).isTrue();
        byte[] png = RunningServer.picture("png");
        try (InferenceServer server = start(certificate(keys, "a"), key(keys, "a"));
                HttpClient client =
                        HttpClient.newBuilder().sslContext(trusting(keys, "a")).build()) {
            for (int i = 0; i < 20; i++) {
                assertThat(
                                client.send(
                                                HttpRequest.newBuilder(
                                                                URI.create(
                                                                        server.address()
                                                                                + "/v1/classify"))
                                                        .POST(BodyPublishers.ofByteArray(png))
                                                        .build(),
                                                BodyHandlers.ofString())
                                        .statusCode())
                        .isEqualTo(200);
            }
        }
    }

    /// Where the handshake has begun, the server waits for its end with a lock in its hand.
    @Test
    void handshakesThatStallAreCutOff() throws Exception {
        KeyStore keys = keys("a");
        SSLEngine engine = trusting(keys, "a").createSSLEngine();
        engine.setUseClientMode(true);
        ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), hello);
        byte[] begun = Arrays.copyOf(hello.array(), hello.position());
        try (InferenceServer server =
                start(certificate(keys, "a"), key(keys, "a"), Duration.ofMillis(500))) {
            URI address = URI.create(server.address());
            for (byte[] sent : List.of(begun, begun, Arrays.copyOf(begun, 10), new byte[0])) {
                try (Socket stalling = new Socket(address.getHost(), address.getPort())) {
                    stalling.setSoTimeout(20_000);
                    stalling.getOutputStream().write(sent);
                    long end =
                            stalling.getInputStream().transferTo(OutputStream.nullOutputStream());
                    assertThat(end).as("bytes before the end").isNotNegative();
                }
            }
        }
    }

    @Test
    void whatIsNoCertificateIsToldInOneLine() throws Exception {
        KeyStore keys = keys("a");
        Path certificate = certificate(keys, "a");
        Path key = key(keys, "a");
        Path empty = Files.writeString(folder.resolve("empty"), "");
        assertRefused(key, certificate);
        assertRefused(empty, key);
        assertRefused(certificate, empty);
    }

    private void assertRefused(Path certificate, Path key) {
        assertThatThrownBy(() -> start(certificate, key).close())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("for HTTPS")
                .hasMessageNotContaining("\n");
    }
}
