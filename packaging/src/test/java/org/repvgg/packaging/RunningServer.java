package org.repvgg.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.TimeUnit;
import org.repvgg.format.Json;

/// A server in a process of its own, which has said its address.
final class RunningServer implements AutoCloseable {
    private final Process process;
    private final HttpClient client = HttpClient.newHttpClient();
    private final String address;

    private RunningServer(Process process, String address) {
        this.process = process;
        this.address = address;
    }

    static RunningServer start(ProcessBuilder command) throws IOException {
        Process process = command.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        BufferedReader out = process.inputReader(UTF_8); // left open: the server may write to it
        String address = out.readLine();
        if (address == null) {
            process.destroyForcibly();
            throw new AssertionError(command.command() + " ended without an address");
        }
        return new RunningServer(process, address.replace("0.0.0.0", "127.0.0.1"));
    }

    int status(String path) throws Exception {
        return send(HttpRequest.newBuilder(URI.create(address + path))).statusCode();
    }

    void awaitReady() throws Exception {
        for (int i = 0; i < 600 && status("/v2/health/ready") != 200; i++) {
            Thread.sleep(50);
        }
        assertThat(status("/v2/health/ready")).isEqualTo(200);
    }

    /// What it answers to a photo.
    ///
    /// @param token what callers have to know, or nothing
    Json.Object classify(byte[] photo, String token) throws Exception {
        var request =
                HttpRequest.newBuilder(URI.create(address + "/v1/classify"))
                        .POST(BodyPublishers.ofByteArray(photo));
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        HttpResponse<String> answer = send(request);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Json.parse(answer.body()).asObject();
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    @Override
    public void close() throws InterruptedException {
        client.close();
        process.destroy(); // SIGTERM
        try {
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("it stops").isTrue();
        } finally {
            process.destroyForcibly();
        }
    }
}
