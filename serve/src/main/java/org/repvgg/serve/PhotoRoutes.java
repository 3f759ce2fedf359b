package org.repvgg.serve;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.repvgg.format.Json;
import org.repvgg.image.Image;
import org.repvgg.image.ImageDecoder;
import org.repvgg.image.ImageException;
import org.repvgg.image.ImageFormat;
import org.repvgg.image.Preprocessing;
import org.repvgg.serve.inference.Answer;
import org.repvgg.serve.inference.OverloadedException;
import org.repvgg.serve.inference.ServedModel;
import org.repvgg.tensor.Tensor;

/// `/v1`: photos in, classes out, and what there is to know about the networks.
final class PhotoRoutes implements HttpService {
    /// While an image is decoded: as it was stored, as it is, and turned upright.
    private static final long BYTES_A_PIXEL = 9;

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private final ModelDesk desk;
    private final RequestBodies bodies;
    private final long pixelLimit;
    private final ImageDecoder decoder;
    private final String engine;

    /// One for each image that may be decoded now.
    private final Semaphore decoding;

    /// @param engine what runs the networks, for people
    PhotoRoutes(ModelDesk desk, RequestBodies bodies, long pixelLimit, String engine) {
        this.desk = desk;
        this.bodies = bodies;
        this.pixelLimit = pixelLimit;
        this.decoder = new ImageDecoder(pixelLimit);
        this.decoding = new Semaphore(decodings(pixelLimit), true);
        this.engine = engine;
    }

    /// As many as there are processors, and as a quarter of the heap has room for.
    private static int decodings(long pixelLimit) {
        long room = Runtime.getRuntime().maxMemory() / 4 / (BYTES_A_PIXEL * pixelLimit);
        return Math.clamp(room, 1, Runtime.getRuntime().availableProcessors());
    }

    @Override
    public void routing(HttpRules rules) {
        Routes routes = new Routes(rules);
        routes.get("/models", this::models);
        routes.get("/models/{name}", this::model);
        routes.post("/classify", this::classify);
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
        ServedModel model = desk.find(request, name, request.query().first("version").asOptional());
        send(response, ModelFacts.whole(model, engine));
    }

    private void classify(ServerRequest request, ServerResponse response) {
        long start = System.nanoTime();
        String name = request.query().first("model").orElseGet(desk::only);
        Optional<String> version = request.query().first("version").asOptional();
        ServedModel expected = desk.find(request, name, version); // before the body is read
        PhotoQuestion.of(request.query(), expected);
        Photo photo = photo(request, expected);
        Json answer =
                desk.ask(
                        name,
                        version,
                        model -> {
                            if (!model.input().equals(expected.input())) {
                                throw HttpFailure.unavailable("the network has just changed", 1);
                            }
                            PhotoQuestion question = PhotoQuestion.of(request.query(), model);
                            Answer said = model.answer(photo.input, question.blocks());
                            return question.answer(
                                    said,
                                    photo,
                                    new PhotoQuestion.Times(
                                            photo.decodeNanos,
                                            said.waitedNanos(),
                                            System.nanoTime() - start));
                        });
        send(response, answer);
    }

    /// What is left of a photo once it is read.
    ///
    /// @param input `[1,c,h,w]`
    record Photo(int width, int height, Preprocessing.Crop crop, Tensor input, long decodeNanos) {}

    private Photo photo(ServerRequest request, ServedModel model) {
        Preprocessing preprocessing = preprocessing(model);
        try (var body = bodies.read(request)) {
            byte[] bytes =
                    PhotoUpload.image(body, request.headers().value(HeaderNames.CONTENT_TYPE));
            return ClientConnection.whileThere(() -> photo(bytes, model, preprocessing));
        }
    }

    private Photo photo(byte[] bytes, ServedModel model, Preprocessing preprocessing) {
        takeTurn(model);
        try {
            long start = System.nanoTime();
            Image image = decode(bytes);
            return new Photo(
                    image.width(),
                    image.height(),
                    preprocessing.crop(image.width(), image.height()),
                    preprocessing.batch(List.of(image)),
                    System.nanoTime() - start);
        } finally {
            decoding.release();
        }
    }

    /// Waits until few enough photos are being decoded, if the network can be expected to take
    /// another one then.
    private void takeTurn(ServedModel model) {
        try {
            model.checkRoom(1, decoding.getQueueLength());
            if (!decoding.tryAcquire(LONGEST_WAIT.toNanos(), TimeUnit.NANOSECONDS)) {
                throw HttpFailure.unavailable("too many photos are being decoded", 1);
            }
        } catch (OverloadedException e) {
            throw HttpFailure.unavailable(e.getMessage(), e.retryAfterSeconds());
        } catch (InterruptedException e) { // not restored: it would close the connection
            throw HttpFailure.unavailable("the server is stopping", 1);
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
        boolean webP = WebP.is(bytes);
        if (!webP && ImageFormat.of(bytes).isEmpty()) {
            throw new HttpFailure(
                    400,
                    "the image is %s; images must be JPEG, PNG, WebP, GIF, BMP or TIFF"
                            .formatted(ImageFormat.nameOfUnknown(bytes)));
        }
        try {
            return webP ? WebP.decode(bytes, pixelLimit) : decoder.decode(bytes, "the image");
        } catch (ImageException e) {
            throw e.getCause() instanceof OutOfMemoryError
                    ? HttpFailure.unavailable(e.getMessage(), 1)
                    : new HttpFailure(400, e.getMessage());
        }
    }

    private static void send(ServerResponse response, Json json) {
        Exchanges.send(response, 200, json.compact().getBytes(StandardCharsets.UTF_8));
    }
}
