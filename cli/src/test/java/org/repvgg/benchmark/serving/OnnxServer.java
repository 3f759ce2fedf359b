package org.repvgg.benchmark.serving;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.repvgg.benchmark.OnnxSession;
import org.repvgg.evaluate.Prediction;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.Json;
import org.repvgg.image.Image;
import org.repvgg.image.ImageDecoder;
import org.repvgg.image.Preprocessing;
import org.repvgg.model.InputSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// ONNX Runtime behind the plainest server there can be, to compare with: the same HTTP library,
/// decoder and preprocessing as `repvgg serve`, an image a pass, one pass at a time, no checks.
final class OnnxServer {
    private static final Logger HELIDON = Logger.getLogger("io.helidon");
    private static final int TOP = 5;

    private final OnnxSession session;
    private final InputSpec input;
    private final Preprocessing preprocessing;
    private final Semaphore pass = new Semaphore(1);

    private OnnxServer(OnnxSession session, InputSpec input) {
        this.session = session;
        this.input = input;
        this.preprocessing = new Preprocessing(input);
    }

    /// @param arguments the network as ONNX, a checkpoint that says what goes in, threads
    public static void main(String[] arguments) throws IOException {
        HELIDON.setLevel(Level.WARNING);
        var server =
                new OnnxServer(
                        OnnxSession.load(Path.of(arguments[0]), Integer.parseInt(arguments[2])),
                        Checkpoint.read(Path.of(arguments[1])).input());
        var routing =
                HttpRouting.builder()
                        .get("/v2/health/ready", (_, response) -> response.send())
                        .post("/v1/classify", server::photo)
                        .post("/v2/models/{name}/infer", server::tensor);
        WebServer bound =
                WebServer.builder().host("127.0.0.1").port(0).routing(routing).build().start();
        System.out.println("http://127.0.0.1:" + bound.port());
    }

    private void photo(ServerRequest request, ServerResponse response) throws Exception {
        Image image = ImageDecoder.standard().decode(body(request), "photo");
        Tensor logits = logits(preprocessing.batch(List.of(image)));
        List<Json> best =
                Prediction.best(logits, 0, input.classNames(), TOP).stream()
                        .map(OnnxServer::json)
                        .toList();
        response.header(HeaderNames.CONTENT_TYPE, "application/json");
        response.send(
                Json.object()
                        .put("classes", best)
                        .build()
                        .compact()
                        .getBytes(StandardCharsets.UTF_8));
    }

    private static Json json(Prediction prediction) {
        return Json.object()
                .put("index", prediction.label())
                .put("name", prediction.name())
                .put("probability", prediction.probability())
                .build();
    }

    private void tensor(ServerRequest request, ServerResponse response) throws Exception {
        int header =
                Integer.parseInt(
                        request.headers()
                                .get(HeaderNames.create("Inference-Header-Content-Length"))
                                .get());
        ByteBuffer bytes = ByteBuffer.wrap(body(request)).order(ByteOrder.LITTLE_ENDIAN);
        float[] pixels = new float[preprocessing.elements()];
        bytes.position(header).slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(pixels);
        Shape shape = Shape.of(1, input.channels(), input.height(), input.width());
        float[] logits = logits(Tensor.ofOwned(shape, pixels)).toArray();
        ByteBuffer answer =
                ByteBuffer.allocate(logits.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        answer.asFloatBuffer().put(logits);
        response.send(answer.array());
    }

    private static byte[] body(ServerRequest request) throws IOException {
        try (InputStream in = request.content().inputStream()) {
            return in.readAllBytes();
        }
    }

    private Tensor logits(Tensor images) throws InterruptedException {
        pass.acquire();
        try {
            return session.answer(images).values().iterator().next();
        } finally {
            pass.release();
        }
    }
}
