package org.repvgg.serve;

import io.helidon.common.configurable.Resource;
import io.helidon.common.tls.Tls;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.ErrorHandling;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.repvgg.serve.inference.ModelRepository;
import org.repvgg.serve.page.PageFiles;
import org.repvgg.serve.protocol.Limits;
import org.repvgg.serve.protocol.OpenInference;

/// The server: binds an address and answers until it is closed.
///
/// - `/v2`: the Open Inference Protocol
/// - `/v1`: photos in, classes out
/// - `/metrics` for Prometheus, `/openapi.yaml` for everybody, `/` for people
///
/// ```java
/// try (var metrics = new ServingMetrics();
///         var models = ModelRepository.open(sources, ModelReader.standard(), runtime,
///                 BatchOptions.defaults(), metrics, Duration.ofSeconds(2));
///         var server = InferenceServer.start(ServeOptions.local(8080), models, metrics, …)) {
///     …
/// }
/// ```
public final class InferenceServer implements AutoCloseable {
    /// A connection on which nothing is asked is closed after that.
    private static final Duration IDLE = Duration.ofMinutes(1);

    /// Longest time from the end of a request's headers to that of its answer; bodies and passes
    /// have limits of their own.
    private static final Duration EXCHANGE = Duration.ofMinutes(5);

    /// Connections that may be open: each costs a virtual thread and some buffers.
    private static final int CONNECTIONS = 4096;

    private final WebServer server;
    private final ConnectionGuard guard;
    private final String address;

    private InferenceServer(WebServer server, ConnectionGuard guard, String address) {
        this.server = server;
        this.guard = guard;
        this.address = address;
    }

    /// Binds and answers from then on; networks may still be loading.
    ///
    /// @param models not closed with the server
    /// @param engine what runs them, for people
    /// @param version of the server, for clients
    /// @param log takes a line of JSON for every request; called by many threads
    /// @param failures takes what is a fault of the server, likewise
    /// @throws BindException if the address cannot be bound; one line
    /// @throws IOException if the files for HTTPS cannot be read; likewise
    public static InferenceServer start(
            ServeOptions options,
            ModelRepository models,
            ServingMetrics metrics,
            String engine,
            String version,
            Consumer<String> log,
            Consumer<Throwable> failures)
            throws IOException {
        var desk = new ModelDesk(models);
        var bodies =
                new RequestBodies(options.bodyLimit(), options.bodyMemory(), options.bodyTimeout());
        byte[] openApi = resource("openapi.yaml");
        PageFiles page = PageFiles.load();
        Set<String> open = new HashSet<>(page.paths());
        open.addAll(List.of("/v2/health/live", "/v2/health/ready", "/openapi.yaml"));
        var guard = new ConnectionGuard(options.bodyTimeout(), EXCHANGE);
        var exchanges = new Exchanges(options, open, guard, metrics, new AccessLog(log), failures);
        var routing =
                HttpRouting.builder()
                        .addFilter(exchanges)
                        .error(
                                Throwable.class,
                                (request, response, e) -> exchanges.answer(e, request, response))
                        .register(
                                "/v2",
                                new OpenInferenceRoutes(
                                        desk,
                                        bodies,
                                        new OpenInference(Limits.defaults()),
                                        version))
                        .register(
                                "/v1", new PhotoRoutes(desk, bodies, options.pixelLimit(), engine))
                        .register(
                                rules -> {
                                    Routes routes = new Routes(rules);
                                    routes.get("/metrics", (_, to) -> metrics(metrics, to));
                                    routes.get("/openapi.yaml", (_, to) -> yaml(openApi, to));
                                })
                        .register(new PageRoutes(page))
                        .any(InferenceServer::nothing);
        WebServerConfig.Builder config =
                WebServerConfig.builder()
                        .host(options.host())
                        .port(options.port())
                        .routing(routing)
                        .maxTcpConnections(CONNECTIONS)
                        .idleConnectionTimeout(IDLE)
                        .idleConnectionPeriod(IDLE.dividedBy(6))
                        .maxPayloadSize(RequestBodies.CHUNK_FACTOR * options.bodyLimit())
                        .protocolsDiscoverServices(false)
                        .addConnectionSelector(new ClientConnections(guard))
                        .shutdownGracePeriod(options.drain())
                        .shutdownHook(false)
                        .errorHandling(ErrorHandling.builder().includeEntity(true).build())
                        .directHandlers(direct(options.bodyLimit()));
        if (options.tls().isPresent()) {
            config.tls(tls(options.tls().get()));
        }
        WebServer server = bound(config, options);
        String scheme = options.tls().isPresent() ? "https" : "http";
        String host = options.host().contains(":") ? "[" + options.host() + "]" : options.host();
        return new InferenceServer(
                server, guard, "%s://%s:%s".formatted(scheme, host, server.port()));
    }

    /// Two servers could share a port, and a half of its requests each, if nobody looked before.
    private static WebServer bound(WebServerConfig.Builder config, ServeOptions options)
            throws BindException {
        var address = new InetSocketAddress(options.host(), options.port());
        try (ServerSocket probe = new ServerSocket()) {
            probe.bind(address);
        } catch (IOException e) {
            BindException cannot =
                    new BindException(
                            "cannot listen on %s:%s: %s"
                                    .formatted(options.host(), options.port(), e.getMessage()));
            cannot.initCause(e);
            throw cannot;
        }
        return config.build().start();
    }

    private static Tls tls(TlsFiles files) throws IOException {
        Resource key = Resource.create(files.key());
        Resource certificate = Resource.create(files.certificate());
        try {
            return Tls.builder()
                    .privateKey(keys -> keys.pem(pem -> pem.key(key)))
                    .privateKeyCertChain(keys -> keys.pem(pem -> pem.certChain(certificate)))
                    .build();
        } catch (RuntimeException e) {
            throw new IOException(
                    "%s and %s are no certificate and its key for HTTPS: %s"
                            .formatted(files.certificate(), files.key(), e.getMessage()),
                    e);
        }
    }

    /// What is no HTTP is answered before it reaches a route. Helidon trips over some of it, and
    /// would call that a fault of its own and tell the log; whatever goes wrong in a route is
    /// answered by [Exchanges].
    private static DirectHandlers direct(long bodyLimit) {
        DirectHandlers.Builder handlers = DirectHandlers.builder();
        for (DirectHandler.EventType type : DirectHandler.EventType.values()) {
            handlers.addHandler(
                    type,
                    (_, event, status, headers, message) ->
                            status.code() == Status.INTERNAL_SERVER_ERROR_500.code()
                                    ? refusal(
                                            event,
                                            Status.BAD_REQUEST_400,
                                            headers,
                                            "this is no request of HTTP/1.1")
                                    : refusal(
                                            event,
                                            status,
                                            headers,
                                            Exchanges.reason(status, message, bodyLimit)));
        }
        return handlers.build();
    }

    private static DirectHandler.TransportResponse refusal(
            DirectHandler.EventType event,
            Status status,
            ServerResponseHeaders headers,
            String message) {
        return DirectHandler.TransportResponse.builder()
                .status(status)
                .headers(headers)
                .header(HeaderNames.CONTENT_TYPE, "application/json")
                .keepAlive(event.keepAlive())
                .entity(Exchanges.error(message))
                .build();
    }

    private static byte[] resource(String name) {
        try (InputStream in = InferenceServer.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("not on the class path: org/repvgg/serve/" + name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name, e);
        }
    }

    private static void metrics(ServingMetrics metrics, ServerResponse response) {
        response.header(HeaderNames.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
        response.send(metrics.scrape().getBytes(StandardCharsets.UTF_8));
    }

    private static void yaml(byte[] openApi, ServerResponse response) {
        response.header(HeaderNames.CONTENT_TYPE, "application/yaml");
        response.send(openApi);
    }

    private static void nothing(ServerRequest request, ServerResponse response) {
        if (request.prologue().method().text().equals("HEAD")) { // its answers have no body
            response.status(404).send();
            return;
        }
        throw new HttpFailure(
                404,
                "nothing answers %s %s; /openapi.yaml lists what does"
                        .formatted(request.prologue().method().text(), request.path().rawPath()));
    }

    /// Where it listens: `http://127.0.0.1:8080`.
    public String address() {
        return address;
    }

    /// Takes no more connections, waits for the requests that are being answered, as long as
    /// [ServeOptions#drain] at most.
    @Override
    public void close() {
        server.stop();
        guard.close();
    }
}
