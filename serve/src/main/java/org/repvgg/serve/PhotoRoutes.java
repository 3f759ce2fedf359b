package org.repvgg.serve;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.repvgg.format.Json;
import org.repvgg.image.Image;
import org.repvgg.image.ImageDecoder;
import org.repvgg.image.ImageException;
import org.repvgg.image.Preprocessing;
import org.repvgg.serve.inference.Answer;
import org.repvgg.serve.inference.ServedModel;
import org.repvgg.tensor.Tensor;

/// `/v1`: photos in, classes out, and what there is to know about the networks.
final class PhotoRoutes implements HttpService {
    private final ModelDesk desk;
    private final RequestBodies bodies;
    private final long pixelLimit;
    private final ImageDecoder decoder;
    private final String engine;

    /// Images being decoded at a time: each may take as much memory as the pixel limit allows.
    private final Semaphore decoding = new Semaphore(Runtime.getRuntime().availableProcessors());

    /// @param engine what runs the networks, for people
    PhotoRoutes(ModelDesk desk, RequestBodies bodies, long pixelLimit, String engine) {
        this.desk = desk;
        this.bodies = bodies;
        this.pixelLimit = pixelLimit;
        this.decoder = new ImageDecoder(pixelLimit);
        this.engine = engine;
    }

    @Override
    public void routing(HttpRules rules) {
        rules.get("/models", this::models)
                .get("/models/{name}", this::model)
                .post("/classify", this::classify);
    }

    private void models(ServerRequest request, ServerResponse response) {
        send(
                response,
                Json.object()
                        .put(
                                "models",
                                desk.repository().models().stream()
                                        .map(model -> ModelFacts.brief(model, engine))
                                        .toList())
                        .build());
    }

    private void model(ServerRequest request, ServerResponse response) {
        String name = request.path().pathParameters().get("name");
        ServedModel model = desk.find(name, request.query().first("version").asOptional());
        send(response, ModelFacts.whole(model, engine));
    }

    private void classify(ServerRequest request, ServerResponse response) {
        long start = System.nanoTime();
        String name = request.query().first("model").orElseGet(desk::only);
        Optional<String> version = request.query().first("version").asOptional();
        try (var body = bodies.read(request)) {
            byte[] bytes =
                    PhotoUpload.image(
                            body.bytes(), request.headers().value(HeaderNames.CONTENT_TYPE));
            long read = System.nanoTime();
            Image image = decode(bytes);
            Json answer =
                    desk.ask(
                            name,
                            version,
                            model -> {
                                PhotoQuestion question = PhotoQuestion.of(request.query(), model);
                                Preprocessing preprocessing = preprocessing(model);
                                Tensor input = preprocessing.batch(List.of(image));
                                long decoded = System.nanoTime();
                                Answer said = model.answer(input, question.blocks());
                                return question.answer(
                                        model,
                                        said,
                                        image,
                                        preprocessing.crop(image.width(), image.height()),
                                        new PhotoQuestion.Times(
                                                decoded - read,
                                                said.waitedNanos(),
                                                System.nanoTime() - start));
                            });
            send(response, answer);
        }
    }

    private static Preprocessing preprocessing(ServedModel model) {
        try {
            return new Preprocessing(model.input());
        } catch (IllegalArgumentException e) {
            throw new HttpFailure(400, e.getMessage());
        }
    }

    private Image decode(byte[] bytes) {
        decoding.acquireUninterruptibly();
        try {
            return WebP.is(bytes)
                    ? WebP.decode(bytes, pixelLimit)
                    : decoder.decode(bytes, "the image");
        } catch (ImageException e) {
            throw new HttpFailure(400, e.getMessage());
        } finally {
            decoding.release();
        }
    }

    private static void send(ServerResponse response, Json json) {
        Exchanges.send(response, 200, json.compact().getBytes(StandardCharsets.UTF_8));
    }
}
