package org.repvgg.serve;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.repvgg.serve.RunningServer.assertError;
import static org.repvgg.serve.RunningServer.json;
import static org.repvgg.serve.RunningServer.picture;

import io.swagger.v3.parser.OpenAPIV3Parser;
import io.swagger.v3.parser.core.models.ParseOptions;
import java.io.ByteArrayOutputStream;
import java.net.BindException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.evaluate.Prediction;
import org.repvgg.format.Json;
import org.repvgg.model.Linear;
import org.repvgg.model.PlainLayer;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.PlainRuntime;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.serve.page.PageFiles;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import triton.client.InferInput;
import triton.client.InferRequestedOutput;
import triton.client.InferResult;
import triton.client.InferenceServerClient;
import triton.client.pojo.DataType;

@Timeout(120)
final class TestInferenceServer {
    private static final PlainModel PETS = TinyNetworks.plain(1);

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
    void saysHowItIs() throws Exception {
        assertThat(json(server.get("/v2/health/live")).get("live").asBoolean()).isTrue();
        assertThat(json(server.get("/v2/health/ready")).get("ready").asBoolean()).isTrue();
        for (String path : List.of("/v2", "/v2/")) {
            assertThat(json(server.get(path)).get("version").asText()).isEqualTo("1.2.3");
        }
        for (String path : List.of("/v2/models/pets", "/v2/models/pets/versions/1")) {
            assertThat(json(server.get(path)).get("name").asText()).isEqualTo("pets");
            assertThat(json(server.get(path + "/ready")).get("ready").asBoolean()).isTrue();
        }
    }

    @Test
    void isNotReadyWithoutNetworks() throws Exception {
        Files.delete(folder.resolve("pets/1/model.safetensors"));
        HttpResponse<byte[]> response = server.get("/v2/health/ready");
        for (int i = 0; i < 400 && response.statusCode() == 200; i++) {
            Thread.sleep(25);
            response = server.get("/v2/health/ready");
        }
        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(json(response).get("ready").asBoolean()).isFalse();
        assertThat(server.get("/v2/health/live").statusCode()).isEqualTo(200);
        assertError(server.post("/v1/classify", picture("png")), 503, "no network is loaded");
    }

    @Test
    void answersTritonsClient() throws Exception {
        float[] pixels = new float[2 * 3 * 16 * 16];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) Math.cos(i);
        }
        float[] expected;
        try (Classifier classifier = PlainRuntime.load(PETS, new RuntimeOptions(1))) {
            expected = classifier.logits(Tensor.copyOf(Shape.of(2, 3, 16, 16), pixels)).toArray();
        }
        String address = server.address().substring("http://".length());
        for (boolean binary : new boolean[] {false, true}) {
            var triton = new InferenceServerClient(address, 10_000, 10_000);
            try {
                var input = new InferInput("images", new long[] {2, 3, 16, 16}, DataType.FP32);
                input.setData(pixels, binary);
                InferResult result =
                        triton.infer(
                                "pets",
                                List.of(input),
                                List.of(new InferRequestedOutput("logits", binary)));
                assertThat(result.getOutputAsFloat("logits")).isEqualTo(expected);
            } finally {
                triton.close();
            }
        }
    }

    @Test
    void classifiesAPhoto() throws Exception {
        byte[] png = picture("png");
        Json.Object answer = json(server.post("/v1/classify?model=pets&top=2", png));
        List<Prediction> expected =
                Prediction.best(TinyNetworks.logits(png), 0, TinyNetworks.CLASSES, 2);
        List<Json> classes = answer.get("classes").asList();
        assertThat(classes).hasSize(2);
        for (int i = 0; i < 2; i++) {
            Json.Object one = classes.get(i).asObject();
            assertThat(one.get("name").asText()).isEqualTo(expected.get(i).name());
            assertThat(one.get("index").asInt()).isEqualTo(expected.get(i).label());
            assertThat(one.get("probability").asDouble())
                    .isEqualTo(expected.get(i).probability(), within(1e-6));
        }
        assertThat(answer.get("model").asText()).isEqualTo("pets");
        assertThat(answer.get("version").asText()).isEqualTo("1");
        Json.Object crop = answer.get("crop").asObject();
        assertThat(crop.get("left").asDouble()).isEqualTo(0.25);
        assertThat(crop.get("width").asDouble()).isEqualTo(0.5);
        assertThat(crop.get("height").asDouble()).isEqualTo(1);
        assertThat(answer.get("seconds").asObject().get("total").asDouble()).isPositive();
        assertThat(answer.has("activation")).isFalse();
        assertThat(answer.has("features")).isFalse();
    }

    @Test
    void showsMapsAndEmbeddings() throws Exception {
        byte[] png = picture("png");
        Json.Object answer = json(server.post("/v1/classify?cam=2&features=stage2", png));
        Json.Object map = answer.get("activation").asObject();
        assertThat(map.get("class").asInt()).isEqualTo(2);
        double mean =
                map.get("values").asList().stream().mapToDouble(Json::asDouble).average().orElse(0);
        assertThat(mean + bias(2)).isEqualTo(TinyNetworks.logits(png).get(2), within(1e-5));
        assertThat(map.get("height").asInt() * map.get("width").asInt())
                .isEqualTo(map.get("values").asList().size());
        assertThat(answer.get("features").asObject().get("values").asList()).hasSize(16);

        Json.Object best = json(server.post("/v1/classify?cam=top", png));
        assertThat(best.get("activation").asObject().get("class").asInt())
                .isEqualTo(best.get("classes").asList().getFirst().asObject().get("index").asInt());
    }

    private static double bias(int index) {
        return PETS.layers().getLast() instanceof PlainLayer.Classify(Linear head)
                ? head.bias().get(index)
                : Double.NaN;
    }

    @Test
    void takesFormsAndOtherFormats() throws Exception {
        byte[] jpeg = picture("jpg");
        String expected = TinyNetworks.best(jpeg);
        assertThat(first(server.post("/v1/classify", jpeg))).isEqualTo(expected);
        assertThat(first(form("image", "cat.jpg", jpeg))).isEqualTo(expected);
        byte[] webp = TestInferenceServer.class.getResourceAsStream("dot.webp").readAllBytes();
        assertThat(server.post("/v1/classify", webp).statusCode()).isEqualTo(200);
    }

    private static String first(HttpResponse<byte[]> response) {
        return json(response).get("classes").asList().getFirst().asObject().get("name").asText();
    }

    private HttpResponse<byte[]> form(String field, String file, byte[] content) throws Exception {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(
                ("--xyz\r\nContent-Disposition: form-data; name=\"top\"\r\n\r\n3\r\n--xyz\r\n"
                                + "Content-Disposition: form-data; name=\""
                                + field
                                + "\"; filename=\""
                                + file
                                + "\"\r\nContent-Type: image/jpeg\r\n\r\n")
                        .getBytes(ISO_8859_1));
        body.writeBytes(content);
        body.writeBytes("\r\n--xyz--\r\n".getBytes(ISO_8859_1));
        return server.send(
                server.request("/v1/classify")
                        .header("Content-Type", "multipart/form-data; boundary=xyz")
                        .POST(BodyPublishers.ofByteArray(body.toByteArray())));
    }

    @Test
    void tellsWhatIsWrong() throws Exception {
        assertError(server.get("/nothing"), 404, "nothing answers GET /nothing");
        assertError(
                server.get("/v2/models/fish"), 404, "no network is called 'fish'; there are pets");
        assertError(
                server.get("/v2/models/pets/versions/7"), 404, "'pets' has no version 7, but 1");
        assertError(server.post("/v2/models/fish/infer", new byte[0]), 404, "fish");
        assertError(server.post("/v2/models/pets/infer", "{".getBytes(UTF_8)), 400, "");
        assertError(server.post("/v2/models/pets/infer", new byte[0]), 400, "");
        assertError(server.post("/v1/classify", new byte[0]), 400, "there is no image");
        assertError(
                server.post("/v1/classify", "hello".getBytes(UTF_8)),
                400,
                "the image is of an unknown format; images must be JPEG, PNG, WebP, GIF");
        assertError(server.post("/v1/classify?top=0", picture("png")), 400, "at least 1, not 0");
        assertError(server.post("/v1/classify?top=x", picture("png")), 400, "'x'");
        assertError(server.post("/v1/classify?cam=3", picture("png")), 400, "from 0 to 2, not 3");
        assertError(server.post("/v1/classify?features=stage9", picture("png")), 400, "stage9");
        assertError(server.post("/v1/classify?model=fish", picture("png")), 404, "fish");
        HttpRequest.Builder noBoundary =
                server.request("/v1/classify")
                        .header("Content-Type", "multipart/form-data")
                        .POST(BodyPublishers.ofString("x"));
        assertError(server.send(noBoundary), 400, "without a boundary");
        HttpRequest.Builder noLength =
                server.request("/v2/models/pets/infer")
                        .header("Inference-Header-Content-Length", "many")
                        .POST(BodyPublishers.ofString("{}"));
        assertError(server.send(noLength), 400, "'many'");
    }

    @Test
    void otherMethodsAreRefused() throws Exception {
        assertError(server.get("/v1/classify"), 405, "wants POST, not GET");
        assertThat(server.get("/v1/classify").headers().firstValue("allow")).contains("POST");
        assertError(server.post("/v2/models/pets", new byte[0]), 405, "wants GET, not POST");
        HttpResponse<byte[]> head = server.send(server.request("/v2/health/live").HEAD());
        assertThat(head.statusCode()).isEqualTo(405);
        assertThat(head.body()).isEmpty();
        assertThat(server.send(server.request("/nothing").HEAD()).statusCode()).isEqualTo(404);
        assertThat(server.get("/v2/health/live").statusCode()).isEqualTo(200);
    }

    @Test
    void wantsItsToken() throws Exception {
        ServeOptions local = ServeOptions.local(0);
        restart(
                new ServeOptions(
                        local.host(),
                        0,
                        Optional.of("secret"),
                        Optional.empty(),
                        Optional.of("https://example.org"),
                        local.bodyLimit(),
                        local.bodyMemory(),
                        local.pixelLimit(),
                        local.bodyTimeout(),
                        local.drain()));
        for (String path : List.of("/v1/models", "/v2/models/pets", "/metrics")) {
            assertError(server.get(path), 401, "token");
            assertThat(server.get(path).headers().firstValue("www-authenticate"))
                    .contains("Bearer");
            assertThat(
                            server.send(
                                            server.request(path)
                                                    .header("Authorization", "Bearer wrong"))
                                    .statusCode())
                    .isEqualTo(401);
            assertThat(
                            server.send(
                                            server.request(path)
                                                    .header("Authorization", "Bearer secret"))
                                    .statusCode())
                    .isEqualTo(200);
        }
        assertError(server.post("/v1/classify", picture("png")), 401, "token");
        for (String path :
                List.of("//v1/models", "/./v1/models", "/v1%2Fmodels", "/a/../v1/models")) {
            assertError(server.get(path), 401, "token");
        }
        for (String path : List.of("/", "/app.js", "/v2/health/ready", "/openapi.yaml")) {
            assertThat(server.get(path).statusCode()).as(path).isEqualTo(200);
        }
        HttpResponse<byte[]> preflight =
                server.send(
                        server.request("/v1/classify")
                                .header("Origin", "https://example.org")
                                .header("Access-Control-Request-Method", "POST")
                                .method("OPTIONS", BodyPublishers.noBody()));
        assertThat(preflight.statusCode()).isEqualTo(204);
        assertThat(preflight.headers().firstValue("access-control-allow-origin"))
                .contains("https://example.org");
    }

    @Test
    void thePageIsSentOnceAndMayLoadNothingElse() throws Exception {
        HttpResponse<byte[]> page = server.get("/");
        assertThat(page.headers().firstValue("content-security-policy"))
                .contains(PageFiles.CONTENT_SECURITY_POLICY);
        assertThat(page.headers().firstValue("x-content-type-options")).contains("nosniff");
        String tag = page.headers().firstValue("etag").orElseThrow();
        HttpResponse<byte[]> again = server.send(server.request("/").header("If-None-Match", tag));
        assertThat(again.statusCode()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
        assertThat(server.send(server.request("/").header("If-None-Match", "\"x\"")).statusCode())
                .isEqualTo(200);
    }

    @Test
    void ofSeveralNetworksOneIsNamed() throws Exception {
        TinyNetworks.write(folder, "birds", "1", 2);
        restart(ServeOptions.local(0));
        assertError(
                server.post("/v1/classify", picture("png")),
                400,
                "say which with ?model=NAME: there are birds, pets");
        Json.Object answer = json(server.post("/v1/classify?model=birds", picture("png")));
        assertThat(answer.get("model").asText()).isEqualTo("birds");
    }

    @Test
    void letsNoOtherPagesCall() throws Exception {
        HttpResponse<byte[]> response =
                server.send(server.request("/v1/models").header("Origin", "https://a.b"));
        assertThat(response.headers().firstValue("access-control-allow-origin")).isEmpty();
    }

    private String metrics() throws Exception {
        return new String(server.get("/metrics").body(), UTF_8);
    }

    @Test
    void countsAndLogs() throws Exception {
        server.post("/v1/classify", picture("png"));
        server.get("/nothing");
        String pass = "repvgg_batch_images_sum{model=\"pets\",version=\"1\"} 1";
        String text = metrics();
        for (int i = 0; i < 400 && !text.contains(pass); i++) {
            Thread.sleep(25); // a pass is counted after its answers
            text = metrics();
        }
        assertThat(text)
                .contains(
                        pass,
                        "repvgg_request_seconds_bucket",
                        "repvgg_request_seconds_count{model=\"pets\",route=\"/v1/classify\",status=\"200\"} 1",
                        "repvgg_pass_seconds_count{model=\"pets\",version=\"1\"} 1",
                        "repvgg_queue_images{model=\"pets\",version=\"1\"} 0",
                        "repvgg_request_seconds_count{model=\"\",route=\"other\",status=\"404\"} 1",
                        "jvm_memory_used_bytes");
        Json.Object line = Json.parse(server.log.getFirst()).asObject();
        assertThat(line.get("method").asText()).isEqualTo("POST");
        assertThat(line.get("path").asText()).isEqualTo("/v1/classify");
        assertThat(line.get("status").asInt()).isEqualTo(200);
        assertThat(line.get("bytes").asLong()).isPositive();
        assertThat(line.get("remote").asText()).isNotEmpty();
    }

    @Test
    void describesItself() throws Exception {
        String yaml = new String(server.get("/openapi.yaml").body(), UTF_8);
        ParseOptions options = new ParseOptions();
        options.setResolve(true);
        var parsed = new OpenAPIV3Parser().readContents(yaml, List.of(), options);
        assertThat(parsed.getMessages()).isEmpty();
        for (String path : parsed.getOpenAPI().getPaths().keySet()) {
            String real = path.replace("{name}", "pets").replace("{version}", "1");
            boolean post = parsed.getOpenAPI().getPaths().get(path).getPost() != null;
            int status = (post ? server.post(real, new byte[0]) : server.get(real)).statusCode();
            assertThat(status).as(path).isEqualTo(post ? 400 : 200);
        }
    }

    @Test
    void factsTellBothForms() throws Exception {
        Json.Object brief =
                json(server.get("/v1/models")).get("models").asList().getFirst().asObject();
        assertThat(brief.get("classes").asInt()).isEqualTo(3);
        Json.Object facts = json(server.get("/v1/models/pets"));
        assertThat(facts.get("engine").asText()).isEqualTo("test");
        assertThat(facts.get("training").asObject().get("parameters").asLong())
                .isGreaterThan(facts.get("plain").asObject().get("parameters").asLong());
        assertThat(facts.get("plain").asObject().get("layers").asList()).isNotEmpty();
    }

    @Test
    void manyAtOnceAreAllAnswered() throws Exception {
        byte[] png = picture("png");
        String expected = TinyNetworks.best(png);
        List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            answers.add(
                    server.client.sendAsync(
                            server.request("/v1/classify")
                                    .POST(BodyPublishers.ofByteArray(png))
                                    .build(),
                            BodyHandlers.ofByteArray()));
        }
        for (var answer : answers) {
            assertThat(first(answer.get(30, TimeUnit.SECONDS))).isEqualTo(expected);
        }
    }

    @Test
    void aTakenPortIsSaid() {
        int port = URI.create(server.address()).getPort();
        assertThatThrownBy(
                        () ->
                                InferenceServer.start(
                                        ServeOptions.local(port),
                                        server.models,
                                        server.metrics,
                                        "test",
                                        "1",
                                        _ -> {},
                                        server.failures::add))
                .isInstanceOf(BindException.class)
                .hasMessageContaining("cannot listen on 127.0.0.1:" + port);
    }
}
