package org.repvgg.serve;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.repvgg.serve.RunningServer.assertError;
import static org.repvgg.serve.RunningServer.json;
import static org.repvgg.serve.RunningServer.picture;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What callers do that want no answer.
@Timeout(120)
final class TestHostileClients {
    @TempDir Path folder;

    private RunningServer server;

    @BeforeEach
    void begin() throws Exception {
        TinyNetworks.write(folder, "pets", "1", 1);
        server = new RunningServer(folder, ServeOptions.local(0));
    }

    private void restart(ServeOptions options) throws Exception {
        server.close();
        server = new RunningServer(folder, options);
    }

    @AfterEach
    void end() {
        server.close();
    }

    @Test
    void refusesLargeBodies() throws Exception {
        ServeOptions local = ServeOptions.local(0);
        restart(
                new ServeOptions(
                        local.host(),
                        0,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        100_000,
                        120_000,
                        500,
                        Duration.ofSeconds(1),
                        local.drain()));
        byte[] large = new byte[200_000];
        assertError(server.post("/v1/classify", large), 413, "200,000 bytes, at most 100,000");
        BodyPublisher chunked = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large));
        assertError(server.send(server.request("/v1/classify").POST(chunked)), 413, "100,000");
        assertError(server.post("/v1/classify", picture("png")), 400, "more than the 500");

        byte[] fits = new byte[50_000]; // but not what is made of it
        assertError(
                server.post("/v2/models/pets/infer", fits),
                413,
                "50,000 bytes takes 200,000 bytes of memory here, of 120,000");

        try (Socket slow = server.connect()) {
            write(slow, "POST /v1/classify HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\nab");
            assertThat(json(server.get("/v2/health/live")).get("live").asBoolean()).isTrue();
            slow.setSoTimeout(20_000);
            String all = new String(slow.getInputStream().readAllBytes(), ISO_8859_1);
            assertThat(all).startsWith("HTTP/1.1 408").contains("within 1.0 s");
        }
        try (Socket half = server.connect()) {
            write(half, "GET /v1/models HTTP/1.1\r\nHost: a\r\nX-Half");
            half.setSoTimeout(20_000);
            assertThat(half.getInputStream().readAllBytes()).as("cut off").isEmpty();
        }
        try (Socket silent = server.connect()) {
            silent.setSoTimeout(20_000);
            assertThat(silent.getInputStream().readAllBytes()).as("cut off").isEmpty();
        }
        assertError(
                server.post("/v1/classify", "hello".getBytes(UTF_8)),
                400,
                "JPEG"); // memory is back
    }

    @Test
    void nothingFollowsARefusedBody() throws Exception {
        try (Socket socket = server.connect()) {
            String hidden = "GET /v2/health/live HTTP/1.1\r\nHost: a\r\n\r\n";
            write(
                    socket,
                    "POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n" + hidden);
            socket.setSoTimeout(20_000);
            String all = new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
            assertThat(all).startsWith("HTTP/1.1 404").contains("Connection: close");
            assertThat(all.lines().filter(line -> line.startsWith("HTTP/1.1"))).hasSize(1);
        }
    }

    @Test
    void announcedBodiesCostNothing() throws Exception {
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < 100; i++) {
                Socket socket = server.connect();
                sockets.add(socket);
                write(
                        socket,
                        "POST /v1/classify HTTP/1.1\r\nHost: a\r\nContent-Length: "
                                + ServeOptions.DEFAULT_BODY_LIMIT
                                + "\r\n\r\n");
            }
            assertThat(server.post("/v1/classify", picture("png")).statusCode()).isEqualTo(200);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void aHugeChunkIsRefusedBeforeItComes() throws Exception {
        try (Socket socket = server.connect()) {
            write(
                    socket,
                    "POST /v1/classify HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + "7fffffff\r\nab");
            socket.setSoTimeout(20_000);
            String all = new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
            assertThat(all).startsWith("HTTP/1.1 413");
        }
    }

    @Test
    void whatIsNoHttpIsToldSo() throws Exception {
        assertRefused("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "Host header must be present");
        assertRefused(
                "POST /v1/classify HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\n"
                        + "Content-Length: 1\r\nConnection: close\r\n\r\na",
                "Content-Encoding");
    }

    private void assertRefused(String request, String reason) throws IOException {
        try (Socket socket = server.connect()) {
            write(socket, request);
            socket.setSoTimeout(20_000);
            String all = new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
            assertThat(all).startsWith("HTTP/1.1 400").contains("{\"error\":\"", reason);
        }
    }

    private static void write(Socket socket, String text) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(text.getBytes(ISO_8859_1));
        out.flush();
    }
}
