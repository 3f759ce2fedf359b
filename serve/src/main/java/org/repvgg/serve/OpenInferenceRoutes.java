package org.repvgg.serve;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeoutException;
import org.repvgg.serve.inference.OverloadedException;
import org.repvgg.serve.inference.ServedModel;
import org.repvgg.serve.protocol.InferResponse;
import org.repvgg.serve.protocol.OpenInference;
import org.repvgg.serve.protocol.ProtocolException;

/// `/v2`: the Open Inference Protocol; paths and headers here, bodies in [OpenInference].
final class OpenInferenceRoutes implements HttpService {
    private static final HeaderName HEADER_LENGTH =
            HeaderNames.create("Inference-Header-Content-Length");

    /// Bytes that tensors take while a byte of JSON is read: two of it may be a float, and arrays
    /// of them grow by doubling.
    private static final long FLOATS = 3;

    private final ModelDesk desk;
    private final RequestBodies bodies;
    private final OpenInference protocol;
    private final String serverVersion;

    OpenInferenceRoutes(
            ModelDesk desk, RequestBodies bodies, OpenInference protocol, String serverVersion) {
        this.desk = desk;
        this.bodies = bodies;
        this.protocol = protocol;
        this.serverVersion = serverVersion;
    }

    @Override
    public void routing(HttpRules rules) {
        Routes routes = new Routes(rules);
        routes.get("/", this::server);
        routes.get("/health/live", this::live);
        routes.get("/health/ready", this::ready);
        for (String model : List.of("/models/{name}", "/models/{name}/versions/{version}")) {
            routes.get(model, this::model);
            routes.get(model + "/ready", this::modelReady);
            routes.post(model + "/infer", this::infer);
        }
    }

    private void server(ServerRequest request, ServerResponse response) {
        Exchanges.send(response, 200, protocol.serverMetadata(serverVersion));
    }

    private void live(ServerRequest request, ServerResponse response) {
        Exchanges.send(response, 200, protocol.serverLive());
    }

    private void ready(ServerRequest request, ServerResponse response) {
        boolean ready = desk.repository().isReady();
        Exchanges.send(response, ready ? 200 : 503, protocol.serverReady(ready));
    }

    private void model(ServerRequest request, ServerResponse response) {
        ServedModel model = desk.find(request, name(request), version(request));
        Exchanges.send(
                response,
                200,
                protocol.modelMetadata(model, desk.repository().versions(model.name())));
    }

    private void modelReady(ServerRequest request, ServerResponse response) {
        ServedModel model = desk.find(request, name(request), version(request));
        Exchanges.send(response, 200, protocol.modelReady(model.name(), true));
    }

    private void infer(ServerRequest request, ServerResponse response) {
        String name = name(request);
        Optional<String> version = version(request);
        desk.find(request, name, version); // before the body is read
        InferResponse answer = answer(request, name, version);
        answer.headerLength()
                .ifPresent(length -> response.header(HEADER_LENGTH, Integer.toString(length)));
        response.header(
                HeaderNames.CONTENT_TYPE,
                answer.headerLength().isPresent()
                        ? "application/octet-stream"
                        : "application/json");
        response.send(answer.body());
    }

    private InferResponse answer(ServerRequest request, String name, Optional<String> version) {
        OptionalInt headerLength = headerLength(request);
        try (var body = bodies.read(request)) {
            body.hold(FLOATS * body.bytes().length);
            return desk.ask(name, version, model -> infer(model, body.bytes(), headerLength));
        }
    }

    private InferResponse infer(ServedModel model, byte[] body, OptionalInt headerLength)
            throws OverloadedException, TimeoutException, InterruptedException {
        try {
            return protocol.infer(model, body, headerLength);
        } catch (ProtocolException e) {
            throw new HttpFailure(e.status(), e.getMessage());
        }
    }

    private static String name(ServerRequest request) {
        return request.path().pathParameters().get("name");
    }

    private static Optional<String> version(ServerRequest request) {
        return request.path().pathParameters().first("version").asOptional();
    }

    private static OptionalInt headerLength(ServerRequest request) {
        Optional<String> text = request.headers().value(HEADER_LENGTH);
        if (text.isEmpty()) {
            return OptionalInt.empty();
        }
        try {
            return OptionalInt.of(Integer.parseInt(text.get().strip()));
        } catch (NumberFormatException e) {
            throw new HttpFailure(
                    400, HEADER_LENGTH.defaultCase() + " is no length: '" + text.get() + "'");
        }
    }
}
