package org.repvgg.serve;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import javax.imageio.ImageIO;
import org.repvgg.format.Json;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.serve.inference.BatchOptions;
import org.repvgg.serve.inference.ModelReader;
import org.repvgg.serve.inference.ModelRepository;
import org.repvgg.serve.inference.ModelSource;
import org.repvgg.serve.inference.ServingListener;

/// A server of a folder of tiny networks and a client for it.
final class RunningServer implements AutoCloseable {
    private static final long LONGEST = Duration.ofSeconds(30).toNanos();

    final HttpClient client = HttpClient.newHttpClient();
    final List<String> log = Collections.synchronizedList(new ArrayList<>());
    final List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
    final ServingMetrics metrics;
    final ModelRepository models;
    private final InferenceServer server;

    RunningServer(Path folder, ServeOptions options) throws Exception {
        var metrics = new ServingMetrics();
        this(folder, options, metrics, metrics);
    }

    /// @param listener hears of the networks
    RunningServer(
            Path folder, ServeOptions options, ServingMetrics metrics, ServingListener listener)
            throws Exception {
        this(folder, options, metrics, listener, ModelReader.standard());
        models.awaitReady(Duration.ofSeconds(30));
    }

    /// Does not wait for the networks.
    RunningServer(
            Path folder,
            ServeOptions options,
            ServingMetrics metrics,
            ServingListener listener,
            ModelReader reader)
            throws Exception {
        this.metrics = metrics;
        models =
                ModelRepository.open(
                        List.of(new ModelSource.Repository(folder)),
                        reader,
                        new RuntimeOptions(1),
                        BatchOptions.defaults(),
                        listener,
                        Duration.ofMillis(50));
        server =
                InferenceServer.start(
                        options, models, metrics, "test", "1.2.3", log::add, failures::add);
    }

    /// Takes no more connections and ends when what is being answered is answered.
    void drain() {
        server.close();
    }

    /// Images that wait for the network `pets`.
    int waiting() {
        return models.find("pets", Optional.empty()).orElseThrow().waitingImages();
    }

    static void await(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + LONGEST;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(end);
            Thread.sleep(1);
        }
    }

    @Override
    public void close() {
        server.close();
        models.close();
        metrics.close();
        client.close();
        assertThat(failures).isEmpty();
    }

    String address() {
        return server.address();
    }

    HttpResponse<byte[]> send(HttpRequest.Builder request) throws Exception {
        return client.send(
                request.timeout(Duration.ofSeconds(30)).build(), BodyHandlers.ofByteArray());
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(server.address() + path));
    }

    HttpResponse<byte[]> get(String path) throws Exception {
        return send(request(path));
    }

    HttpResponse<byte[]> post(String path, byte[] body) throws Exception {
        return send(request(path).POST(BodyPublishers.ofByteArray(body)));
    }

    Socket connect() throws IOException {
        URI address = URI.create(server.address());
        return new Socket(address.getHost(), address.getPort());
    }

    static Json.Object json(HttpResponse<byte[]> response) {
        return Json.parse(new String(response.body(), UTF_8)).asObject();
    }

    static void assertError(HttpResponse<byte[]> response, int status, String message) {
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        assertThat(json(response).get("error").asText()).contains(message);
    }

    static byte[] picture(String format) throws IOException {
        BufferedImage image = new BufferedImage(40, 20, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.setColor(Color.ORANGE);
        g.fillOval(3, 2, 30, 15);
        g.dispose();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        assertThat(ImageIO.write(image, format, bytes)).isTrue();
        return bytes.toByteArray();
    }
}
