package org.repvgg.serve.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.repvgg.evaluate.Prediction;
import org.repvgg.format.Json;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.PlainRuntime;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.serve.inference.BatchOptions;
import org.repvgg.serve.inference.OverloadedException;
import org.repvgg.serve.inference.ServedModel;
import org.repvgg.serve.inference.ServingListener;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// The bodies of all answers, compared with the protocol's schema and the runtime's numbers.
final class TestOpenInference {
    private static final PlainModel MODEL = TinyNetwork.model();
    private static final int CLASSES = TinyNetwork.CLASS_NAMES.size();
    private static final OpenInference PROTOCOL = new OpenInference(Limits.defaults());

    /// Two images.
    private static final Shape SHAPE = Shape.of(2, TinyNetwork.CHANNELS, 2, 3);

    private static final float[] PIXELS = pixels();

    private static ServedModel served;
    private static Tensor logits;

    private static float[] pixels() {
        float[] pixels = new float[SHAPE.elements()];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) Math.sin(i);
        }
        return pixels;
    }

    @BeforeAll
    static void start() {
        served = TinyNetwork.serve(MODEL);
        try (PlainRuntime twin = PlainRuntime.load(MODEL, new RuntimeOptions(1))) {
            logits = twin.logits(Tensor.copyOf(SHAPE, PIXELS));
        }
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    private static String checked(String definition, byte[] json) {
        String text = new String(json, StandardCharsets.UTF_8);
        ProtocolSchema.check(definition, text);
        return text;
    }

    /// @param more fields of the request, each after a comma
    private static RequestBody request(String more) {
        return RequestBody.json(
                "{\"inputs\":[{\"name\":\"images\",\"datatype\":\"FP32\",\"shape\":"
                        + SHAPE
                        + ",\"data\":"
                        + Json.of(
                                IntStream.range(0, PIXELS.length).mapToObj(i -> PIXELS[i]).toList())
                        + "}]"
                        + more
                        + "}");
    }

    private static InferResponse answer(RequestBody request) throws Exception {
        return PROTOCOL.infer(served, request.bytes(), request.headerLength());
    }

    private static Json.Object header(InferResponse answer) {
        int length = answer.headerLength().orElse(answer.body().length);
        String text = new String(answer.body(), 0, length, StandardCharsets.UTF_8);
        ProtocolSchema.check("inference_response", text);
        return Json.parse(text).asObject();
    }

    private static Json.Object output(InferResponse answer, int index) {
        return header(answer).get("outputs").asList().get(index).asObject();
    }

    private static float[] floats(Json data) {
        List<Json> values = data.asList();
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = Float.parseFloat(values.get(i).compact());
        }
        return floats;
    }

    /// By core's own softmax.
    private static float[] probabilities() {
        float[] probabilities = new float[logits.shape().elements()];
        for (int row = 0; row < SHAPE.dimension(0); row++) {
            for (Prediction one : Prediction.best(logits, row, List.of(), CLASSES)) {
                probabilities[row * CLASSES + one.label()] = (float) one.probability();
            }
        }
        return probabilities;
    }

    /// What classification says of all classes, best first.
    private static List<String> lines(float[] scores) {
        List<String> lines = new ArrayList<>();
        for (int row = 0; row < SHAPE.dimension(0); row++) {
            for (Prediction one : Prediction.best(logits, row, TinyNetwork.CLASS_NAMES, CLASSES)) {
                float score = scores[row * CLASSES + one.label()];
                lines.add(score + ":" + one.label() + ":" + one.name());
            }
        }
        return lines;
    }

    @Test
    void describesTheServer() {
        assertThat(checked("metadata_server", PROTOCOL.serverMetadata("1.2")))
                .isEqualTo(
                        """
                        {"name":"repvgg","version":"1.2",\
                        "extensions":["binary_tensor_data","classification"]}\
                        """);
        assertThat(checked("live", PROTOCOL.serverLive())).isEqualTo("{\"live\":true}");
        assertThat(checked("ready", PROTOCOL.serverReady(true)))
                .isEqualTo("{\"live\":true,\"ready\":true}");
        assertThat(checked("ready", PROTOCOL.serverReady(false)))
                .isEqualTo("{\"live\":true,\"ready\":false}");
    }

    @Test
    void describesAModel() {
        assertThat(checked("metadata_model", PROTOCOL.modelMetadata(served, List.of("3", "7"))))
                .isEqualTo(
                        """
                        {"name":"tiny","versions":["3","7"],"platform":"repvgg_plain",\
                        "inputs":[{"name":"images","datatype":"FP32","shape":[-1,2,-1,-1]}],\
                        "outputs":[{"name":"logits","datatype":"FP32","shape":[-1,3]},\
                        {"name":"probabilities","datatype":"FP32","shape":[-1,3]}]}\
                        """);
        assertThat(checked("ready_model", PROTOCOL.modelReady("tiny", false)))
                .isEqualTo("{\"name\":\"tiny\",\"ready\":false}");
    }

    @Test
    void answersLogitsAndProbabilities() throws Exception {
        InferResponse answer = answer(request(""));

        assertThat(answer.headerLength()).isEmpty();
        Json.Object header = header(answer);
        assertThat(header.get("model_name").asText()).isEqualTo("tiny");
        assertThat(header.get("model_version").asText()).isEqualTo("7");
        assertThat(header.has("id")).isFalse();
        assertThat(header.get("outputs").asList()).hasSize(2);

        Json.Object scores = output(answer, 0);
        assertThat(scores.get("name").asText()).isEqualTo("logits");
        assertThat(scores.get("datatype").asText()).isEqualTo("FP32");
        assertThat(scores.get("shape").compact()).isEqualTo("[2,3]");
        assertThat(floats(scores.get("data"))).containsExactly(logits.toArray());

        Json.Object shares = output(answer, 1);
        assertThat(shares.get("name").asText()).isEqualTo("probabilities");
        assertThat(floats(shares.get("data"))).containsExactly(probabilities());
    }

    @Test
    void repeatsTheId() throws Exception {
        String id = "a \"quoted\" é \uD83D\uDE00 \u0001";
        InferResponse answer = answer(request(",\"id\":" + Json.of(id).compact()));
        assertThat(header(answer).get("id").asText()).isEqualTo(id);
    }

    @Test
    void answersWhatIsAskedFor() throws Exception {
        InferResponse answer = answer(request(",\"outputs\":[{\"name\":\"probabilities\"}]"));
        assertThat(header(answer).get("outputs").asList()).hasSize(1);
        assertThat(floats(output(answer, 0).get("data"))).containsExactly(probabilities());
    }

    @Test
    void takesAndGivesBytes() throws Exception {
        String json =
                "{\"inputs\":[{\"name\":\"images\",\"datatype\":\"FP32\",\"shape\":"
                        + SHAPE
                        + ",\"parameters\":{\"binary_data_size\":96}}],"
                        + "\"parameters\":{\"binary_data_output\":true}}";
        InferResponse answer = answer(RequestBody.binary(json, RequestBody.floats(PIXELS)));

        assertThat(output(answer, 0).get("parameters").compact())
                .isEqualTo("{\"binary_data_size\":24}");
        assertThat(output(answer, 0).has("data")).isFalse();
        ByteBuffer data = data(answer);
        assertThat(floats(data)).containsExactly(logits.toArray());
        assertThat(floats(data)).containsExactly(probabilities());
        assertThat(data.hasRemaining()).isFalse();
    }

    @Test
    void givesBytesOfOneOutputOnly() throws Exception {
        InferResponse answer =
                answer(
                        request(
                                ",\"outputs\":[{\"name\":\"logits\"},{\"name\":\"probabilities\","
                                        + "\"parameters\":{\"binary_data\":true}}]"));

        assertThat(floats(output(answer, 0).get("data"))).containsExactly(logits.toArray());
        assertThat(output(answer, 0).has("parameters")).isFalse();
        ByteBuffer data = data(answer);
        assertThat(floats(data)).containsExactly(probabilities());
        assertThat(data.hasRemaining()).isFalse();
    }

    private static ByteBuffer data(InferResponse answer) {
        return ByteBuffer.wrap(answer.body())
                .position(answer.headerLength().getAsInt())
                .slice()
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    private static float[] floats(ByteBuffer data) {
        float[] floats = new float[SHAPE.dimension(0) * CLASSES];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = data.getFloat();
        }
        return floats;
    }

    @Test
    void namesTheBestClasses() throws Exception {
        InferResponse answer =
                answer(
                        request(
                                ",\"outputs\":["
                                        + "{\"name\":\"logits\",\"parameters\":{\"classification\":2}},"
                                        + "{\"name\":\"probabilities\","
                                        + "\"parameters\":{\"classification\":9}}]"));

        List<String> best = lines(logits.toArray());
        Json.Object two = output(answer, 0);
        assertThat(two.get("datatype").asText()).isEqualTo("BYTES");
        assertThat(two.get("shape").compact()).isEqualTo("[2,2]");
        assertThat(two.get("data").asList())
                .extracting(Json::asText)
                .containsExactly(best.get(0), best.get(1), best.get(3), best.get(4));
        Json.Object all = output(answer, 1);
        assertThat(all.get("shape").compact()).isEqualTo("[2,3]");
        assertThat(all.get("data").asList())
                .extracting(Json::asText)
                .containsExactlyElementsOf(lines(probabilities()));
    }

    @Test
    void namesTheBestClassesInBytes() throws Exception {
        InferResponse answer =
                answer(
                        request(
                                ",\"outputs\":[{\"name\":\"probabilities\",\"parameters\":"
                                        + "{\"classification\":3,\"binary_data\":true}}]"));

        ByteBuffer data = data(answer);
        assertThat(output(answer, 0).get("parameters").asObject().get("binary_data_size").asInt())
                .isEqualTo(data.remaining());
        List<String> lines = new ArrayList<>();
        while (data.hasRemaining()) {
            byte[] line = new byte[data.getInt()];
            data.get(line);
            lines.add(new String(line, StandardCharsets.UTF_8));
        }
        assertThat(lines).containsExactlyElementsOf(lines(probabilities()));
    }

    @Test
    void equalScoresComeInTheOrderOfTheirIndex() {
        Tensor scores = Tensor.copyOf(Shape.of(1, 4), new float[] {0.5f, 1e-7f, 0.5f, 2});
        OutputData lines = OutputData.of(scores, 4, List.of("a"));
        assertThat(lines)
                .isEqualTo(
                        new OutputData.Lines(
                                Shape.of(1, 4), List.of("2.0:3", "0.5:0:a", "0.5:2", "1.0E-7:1")));
    }

    @Test
    void softmaxBearsLargeScores() {
        float[] scores = {3e38f, 3e38f, -3e38f, 1, 1, 1 + (float) Math.log(2)};
        assertThat(Softmax.rows(Tensor.copyOf(Shape.of(2, 3), scores)).toArray())
                .containsExactly(0.5f, 0.5f, 0, 0.25f, 0.25f, 0.5f);
    }

    @Test
    void wantsTheNetworksChannels() {
        RequestBody body = RequestBody.json(RequestBody.SAMPLE.replace("[1,2,1,2]", "[1,1,2,2]"));
        assertThatThrownBy(() -> answer(body))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("inputs[0].shape is [1,1,2,2], network 'tiny' takes [n,2,h,w]");
    }

    @Test
    void doesNotAnswerInfinity() {
        RequestBody body = request("");
        try (ServedModel broken = TinyNetwork.serve(TinyNetwork.broken())) {
            assertThatThrownBy(() -> PROTOCOL.infer(broken, body.bytes(), OptionalInt.empty()))
                    .isInstanceOfSatisfying(
                            ProtocolException.class, e -> assertThat(e.status()).isEqualTo(500))
                    .hasMessage("network 'tiny', version 7, answers Infinity: image 0");
        }
    }

    @Test
    void letsTheQueuesRefusalThrough() {
        RequestBody body = request("");
        ServedModel closed = TinyNetwork.serve(MODEL);
        closed.close();
        assertThatThrownBy(() -> PROTOCOL.infer(closed, body.bytes(), OptionalInt.empty()))
                .isInstanceOf(OverloadedException.class);
    }

    @Test
    void letsTimeoutsAndInterruptsThrough() throws Exception {
        RequestBody body = request("");
        var gate = new Semaphore(0);
        var hasty = new BatchOptions(16, Duration.ZERO, 128, Duration.ofMillis(500));
        var stop =
                new ServingListener() {
                    @Override
                    public void batchDone(ServedModel model, int images, long nanos) {
                        gate.acquireUninterruptibly();
                    }
                };
        try (ServedModel model = TinyNetwork.serve(MODEL, hasty, stop)) {
            PROTOCOL.infer(model, body.bytes(), OptionalInt.empty()); // its pass ends at the gate
            assertThatThrownBy(() -> PROTOCOL.infer(model, body.bytes(), OptionalInt.empty()))
                    .isInstanceOf(TimeoutException.class);

            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> PROTOCOL.infer(model, body.bytes(), OptionalInt.empty()))
                    .isInstanceOf(InterruptedException.class);
            gate.release(Integer.MAX_VALUE);
        }
    }
}
