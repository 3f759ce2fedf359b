package org.repvgg.serve;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.repvgg.serve.RunningServer.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Clients that hang up cost no pass.
@Timeout(120)
final class TestGoneClients {
    @TempDir Path folder;

    private final OnePass passes = new OnePass();
    private RunningServer server;

    @BeforeEach
    void begin() throws Exception {
        TinyNetworks.write(folder, "pets", "1", 1);
        server = new RunningServer(folder, ServeOptions.local(0), new ServingMetrics(), passes);
    }

    @AfterEach
    void end() {
        passes.open();
        server.close();
    }

    private Socket ask(String head, byte[] body) throws IOException {
        Socket socket = server.connect();
        socket.setSoTimeout(30_000);
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.writeBytes(
                "%s\r\nHost: a\r\nContent-Length: %s\r\n\r\n"
                        .formatted(head, body.length)
                        .getBytes(ISO_8859_1));
        request.writeBytes(body);
        socket.getOutputStream().write(request.toByteArray());
        return socket;
    }

    private Socket askForTensor() throws IOException {
        byte[] json =
                """
                {"inputs":[{"name":"images","datatype":"FP32","shape":[1,3,1,1],"data":[1,2,3]}]}\
                """
                        .getBytes(ISO_8859_1);
        return ask("POST /v2/models/pets/infer HTTP/1.1", json);
    }

    private Socket askForPhoto() throws IOException {
        return ask("POST /v1/classify HTTP/1.1", RunningServer.picture("png"));
    }

    private static String statusLine(Socket socket) throws IOException {
        byte[] start = socket.getInputStream().readNBytes("HTTP/1.1 200".length());
        return new String(start, ISO_8859_1);
    }

    @Test
    void theirImagesAreNotComputed() throws Exception {
        try (Socket first = askForTensor()) {
            assertThat(statusLine(first)).isEqualTo("HTTP/1.1 200");
        }
        List<Socket> stay = new ArrayList<>();
        List<Socket> go = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            stay.add(i % 2 == 0 ? askForTensor() : askForPhoto());
            go.add(i % 2 == 0 ? askForTensor() : askForPhoto());
        }
        await(() -> server.waiting() == 20);
        for (Socket socket : go) {
            socket.close();
        }
        await(() -> server.waiting() == 10);
        passes.open();
        for (Socket socket : stay) {
            assertThat(statusLine(socket)).isEqualTo("HTTP/1.1 200");
            socket.close();
        }
        server.models.close(); // a pass is counted after its answers
        assertThat(passes.images).hasValue(11);
        await(
                () ->
                        server.log.stream().filter(line -> line.contains("\"status\":499")).count()
                                == 10);
    }

    @Test
    void whatComesMeanwhileIsTheNextRequest() throws Exception {
        passes.open();
        try (Socket socket = askForTensor()) {
            String next = "GET /v2/health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(next.getBytes(ISO_8859_1));
            String all = new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
            assertThat(all).startsWith("HTTP/1.1 200").contains("\"logits\"").endsWith("true}");
            assertThat(all.split("HTTP/1.1 200", -1)).hasSize(3);
        }
    }
}
