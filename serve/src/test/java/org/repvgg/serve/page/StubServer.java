package org.repvgg.serve.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.Json;
import org.repvgg.spec.Form;
import org.repvgg.spec.LayerTable;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;

/// The page and the interface behind it, with canned answers: what is red is a sunset, what is
/// green a meadow, what is blue the sea.
final class StubServer implements AutoCloseable {
    static final List<String> CLASSES =
            List.of(
                    "sunset",
                    "meadow",
                    "sea",
                    "forest",
                    "desert",
                    "harbour",
                    "glacier",
                    "city <b>at night</b>",
                    "cave",
                    "lighthouse");

    private static final double[] SHARES = {0.871, 0.064, 0.031, 0.012, 0.0004};
    private static final double CROP = 0.875;
    private static final int MAP = 7;

    private final PageFiles files = PageFiles.load();
    private final List<RepVggSpec> specs;
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final AtomicReference<@Nullable Refusal> refusal = new AtomicReference<>();
    private final AtomicReference<@Nullable String> token = new AtomicReference<>();
    private volatile boolean hidden;
    private final HttpServer http;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    private record Refusal(int status, String error, int retryAfterSeconds) {}

    private StubServer(List<RepVggFamily> families) throws IOException {
        specs =
                families.stream()
                        .map(RepVggFamily::spec)
                        .map(spec -> spec.toBuilder().classes(CLASSES.size()).build())
                        .toList();
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.setExecutor(threads);
        http.createContext("/", this::handle);
        http.start();
    }

    static StubServer start(RepVggFamily... families) throws IOException {
        return new StubServer(List.of(families));
    }

    String url() {
        return "http://127.0.0.1:" + http.getAddress().getPort() + "/";
    }

    /// Refuses the next classification.
    void refuseNext(int status, String error, int retryAfterSeconds) {
        refusal.set(new Refusal(status, error, retryAfterSeconds));
    }

    /// Lists no network, or all of them again.
    void hideNetworks(boolean hide) {
        hidden = hide;
    }

    /// Answers only who shows this token, from now on.
    void requireToken(String value) {
        token.set(value);
    }

    /// What was asked about photos so far, such as `model=a0&top=5&cam=top`.
    List<String> classifications() {
        return List.copyOf(requests);
    }

    @Override
    public void close() {
        http.stop(0);
        threads.close();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            byte[] body = exchange.getRequestBody().readAllBytes();
            Optional<PageFile> file = files.find(path);
            if (file.isPresent()) {
                exchange.getResponseHeaders()
                        .set("Content-Security-Policy", PageFiles.CONTENT_SECURITY_POLICY);
                exchange.getResponseHeaders().set("ETag", file.get().etag());
                send(exchange, 200, file.get().contentType(), file.get().content());
            } else if (!isAllowed(exchange)) {
                refuse(exchange, new Refusal(401, "this server wants a token", 0));
            } else if (path.equals("/v1/models")) {
                List<Json> models =
                        hidden
                                ? List.of()
                                : specs.stream().map(StubServer::summary).map(Json::of).toList();
                answer(exchange, Json.object().put("models", models).build());
            } else if (path.equals("/v1/classify")) {
                classify(exchange, body);
            } else {
                details(exchange, path);
            }
        }
    }

    private boolean isAllowed(HttpExchange exchange) {
        String wanted = token.get();
        return wanted == null
                || ("Bearer " + wanted)
                        .equals(exchange.getRequestHeaders().getFirst("Authorization"));
    }

    private void details(HttpExchange exchange, String path) throws IOException {
        for (RepVggSpec spec : specs) {
            if (path.equals("/v1/models/" + modelName(spec))) {
                answer(exchange, details(spec));
                return;
            }
        }
        refuse(exchange, new Refusal(404, "nothing at " + path, 0));
    }

    private void classify(HttpExchange exchange, byte[] body) throws IOException {
        requests.add(exchange.getRequestURI().getQuery());
        Refusal refused = refusal.getAndSet(null);
        if (refused != null) {
            refuse(exchange, refused);
            return;
        }
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(body));
        if (image == null) {
            refuse(exchange, new Refusal(415, "not an image: " + body.length + " bytes", 0));
            return;
        }
        answer(exchange, answer(image, query(exchange.getRequestURI())));
    }

    private static Map<String, String> query(URI uri) {
        return Arrays.stream(uri.getRawQuery().split("&", -1))
                .map(field -> field.split("=", 2))
                .collect(
                        Collectors.toMap(
                                field -> field[0], field -> URLDecoder.decode(field[1], UTF_8)));
    }

    private static String modelName(RepVggSpec spec) {
        return "scenes-" + spec.name().toLowerCase(Locale.ROOT);
    }

    private static Json.Object summary(RepVggSpec spec) {
        return summaryFields(spec).build();
    }

    private static Json.Builder summaryFields(RepVggSpec spec) {
        return Json.object()
                .put("name", modelName(spec))
                .put("version", "3")
                .put("classes", CLASSES.size())
                .put("input", Map.of("channels", 3, "height", 224, "width", 224))
                .put("engine", "plain runtime, 2 threads");
    }

    private static Json.Object details(RepVggSpec spec) {
        return summaryFields(spec)
                .put("spec", Map.of("name", spec.name()))
                .put("classNames", CLASSES)
                .put("training", layers(LayerTable.of(spec, Form.TRAIN, 224, 224)))
                .put("plain", layers(LayerTable.of(spec, Form.PLAIN, 224, 224)))
                .put("provenance", Map.of("seed", "1", "recipe", "scenes, 120 epochs, mixup 0.2"))
                .build();
    }

    private static Json.Object layers(LayerTable table) {
        List<Json> rows = new ArrayList<>();
        for (LayerTable.Row row : table.rows()) {
            int[] output = row.output().toArray();
            rows.add(
                    Json.object()
                            .put("name", row.place())
                            .put("type", row.kind())
                            .put("output", list(Arrays.copyOfRange(output, 1, output.length)))
                            .put("parameters", row.parameters())
                            .put("multiplyAdds", row.multiplyAdds())
                            .build());
        }
        return Json.object()
                .put("parameters", table.parameters())
                .put("multiplyAdds", table.multiplyAdds())
                .put("layers", rows)
                .build();
    }

    private static List<Integer> list(int[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    private static Json answer(BufferedImage image, Map<String, String> query) {
        int best = strongestColour(image);
        int top = Integer.parseInt(query.get("top"));
        List<Json> classes = new ArrayList<>();
        for (int rank = 0; rank < Math.min(top, SHARES.length); rank++) {
            int index = (best + 7 * rank) % CLASSES.size();
            classes.add(
                    Json.object()
                            .put("index", index)
                            .put("name", CLASSES.get(index))
                            .put("probability", SHARES[rank])
                            .build());
        }
        Json.Builder answer =
                Json.object()
                        .put("model", query.get("model"))
                        .put("version", "3")
                        .put("classes", classes)
                        .put("seconds", Map.of("decode", 0.0061, "queue", 0.0003, "total", 0.0235))
                        .put(
                                "image",
                                Map.of("width", image.getWidth(), "height", image.getHeight()))
                        .put("crop", crop(image));
        String cam = query.get("cam");
        if (cam != null) {
            int wanted = cam.equals("top") ? best : Integer.parseInt(cam);
            answer.put("activation", activation(wanted, wanted == best));
        }
        return answer.build();
    }

    /// A square in the middle.
    private static Json crop(BufferedImage image) {
        int side = Math.min(image.getWidth(), image.getHeight());
        double width = CROP * side / image.getWidth();
        double height = CROP * side / image.getHeight();
        return Json.object()
                .put("left", (1 - width) / 2)
                .put("top", (1 - height) / 2)
                .put("width", width)
                .put("height", height)
                .build();
    }

    /// A hill that falls below zero, left of the middle for the best class.
    private static Json activation(int index, boolean best) {
        double centreX = best ? 2.6 : (index * 5) % MAP;
        double centreY = best ? 3.4 : (index * 3) % MAP;
        double height = best ? 21.4 : 6;
        List<Double> values = new ArrayList<>();
        for (int y = 0; y < MAP; y++) {
            for (int x = 0; x < MAP; x++) {
                double distance = square(x - centreX) + square(y - centreY);
                values.add(height * (Math.exp(-distance / 3) - 0.1));
            }
        }
        return Json.object()
                .put("class", index)
                .put("height", MAP)
                .put("width", MAP)
                .put("values", values)
                .put("min", Collections.min(values))
                .put("max", Collections.max(values))
                .build();
    }

    private static double square(double value) {
        return value * value;
    }

    /// 0 for red, 1 for green, 2 for blue.
    private static int strongestColour(BufferedImage image) {
        long[] sums = new long[3];
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                int colour = image.getRGB(x, y);
                sums[0] += (colour >> 16) & 0xff;
                sums[1] += (colour >> 8) & 0xff;
                sums[2] += colour & 0xff;
            }
        }
        int best = sums[1] > sums[0] ? 1 : 0;
        return sums[2] > sums[best] ? 2 : best;
    }

    private static void refuse(HttpExchange exchange, Refusal refused) throws IOException {
        if (refused.retryAfterSeconds() > 0) {
            exchange.getResponseHeaders()
                    .set("Retry-After", Integer.toString(refused.retryAfterSeconds()));
        }
        Json body = Json.object().put("error", refused.error()).build();
        send(exchange, refused.status(), "application/json", body.compact().getBytes(UTF_8));
    }

    private static void answer(HttpExchange exchange, Json body) throws IOException {
        send(exchange, 200, "application/json", body.compact().getBytes(UTF_8));
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body)
            throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }
}
