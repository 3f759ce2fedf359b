package org.repvgg.serve;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpException;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.Json;

/// What every request passes through: who may come in, what an error looks like, the metrics and
/// the log.
final class Exchanges implements Filter {
    private static final String BEARER = "Bearer ";

    /// The status of requests whose caller did not wait, in metrics and log: nginx' number.
    private static final int GONE = 499;

    /// Bytes of a body that are read for the sake of the connection.
    private static final long DRAINED = 64 << 10;

    private static final long LINGER_BYTES = 1 << 20;
    private static final Duration LINGER = Duration.ofSeconds(1);

    private final Optional<byte[]> token;
    private final Set<String> open;
    private final Optional<String> corsOrigin;
    private final long bodyLimit;
    private final ConnectionGuard guard;
    private final ServingMetrics metrics;
    private final AccessLog log;
    private final Consumer<Throwable> failures;

    /// @param open paths that want no token
    /// @param failures takes what is a fault of the server
    Exchanges(
            ServeOptions options,
            Set<String> open,
            ConnectionGuard guard,
            ServingMetrics metrics,
            AccessLog log,
            Consumer<Throwable> failures) {
        this.token = options.token().map(text -> text.getBytes(StandardCharsets.UTF_8));
        this.open = open;
        this.guard = guard;
        this.corsOrigin = options.corsOrigin();
        this.bodyLimit = options.bodyLimit();
        this.metrics = metrics;
        this.log = log;
        this.failures = failures;
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        long start = System.nanoTime();
        boolean ended = false;
        try {
            corsOrigin.ifPresent(origin -> allow(origin, response));
            if (isPreflight(request)) {
                response.status(Status.NO_CONTENT_204).send();
            } else {
                checkToken(request);
                chain.proceed();
            }
            ended = true;
        } catch (HttpFailure e) {
            answer(e, request, response);
            ended = true;
        } finally {
            guard.done(request.socketId());
            long nanos = System.nanoTime() - start;
            int status = ended ? response.status().code() : GONE;
            metrics.requestDone(route(request), ModelDesk.asked(request), status, nanos);
            log.done(
                    request.remotePeer().host(),
                    request.prologue().method().text(),
                    request.prologue().uriPath().rawPath(),
                    status,
                    response.bytesWritten(),
                    nanos / 1e9);
        }
        if (response.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
            linger(request, response.status().code());
            // Helidon would go on reading where the body is, whatever the header says
            throw new CloseConnectionException("as announced");
        }
    }

    /// Takes in a little more of a body that nobody wants: closing on a caller that is still
    /// sending would keep the answer from it.
    private static void linger(ServerRequest request, int status) {
        if (status == Status.REQUEST_TIMEOUT_408.code()
                || request.headers().contentLength().isEmpty()) {
            return; // somebody reads already, or chunks of any size may come
        }
        FutureTask<Long> reading =
                new FutureTask<>(
                        () -> {
                            InputStream in = request.content().inputStream();
                            return in.skip(LINGER_BYTES);
                        });
        Thread.ofVirtual().name("linger").start(reading);
        try {
            long _ = reading.get(LINGER.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException | InterruptedException e) {
            // closing is what is left in any case
        }
    }

    private static String route(RoutingRequest request) {
        String pattern = request.matchingPattern().orElse("");
        return pattern.isEmpty() ? "other" : pattern;
    }

    private static void allow(String origin, ServerResponse response) {
        response.header(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        response.header(HeaderNames.ACCESS_CONTROL_ALLOW_METHODS, "GET, POST");
        response.header(
                HeaderNames.ACCESS_CONTROL_ALLOW_HEADERS,
                "authorization, content-type, inference-header-content-length");
        response.header(
                HeaderNames.ACCESS_CONTROL_EXPOSE_HEADERS,
                "inference-header-content-length, retry-after");
        response.header(HeaderNames.VARY, "Origin");
    }

    private boolean isPreflight(RoutingRequest request) {
        return corsOrigin.isPresent()
                && request.prologue().method().text().equals("OPTIONS")
                && request.headers().contains(HeaderNames.ACCESS_CONTROL_REQUEST_METHOD);
    }

    /// Health is for everybody, as load balancers bear nothing; so is the page, whose script asks
    /// for the token. Whatever else there is or might be is not.
    private void checkToken(RoutingRequest request) {
        if (token.isEmpty() || open.contains(request.prologue().uriPath().rawPath())) {
            return;
        }
        String given = request.headers().value(HeaderNames.AUTHORIZATION).orElse("");
        byte[] borne =
                given.regionMatches(true, 0, BEARER, 0, BEARER.length())
                        ? given.substring(BEARER.length()).strip().getBytes(StandardCharsets.UTF_8)
                        : new byte[0];
        if (!MessageDigest.isEqual(borne, token.get())) {
            throw new HttpFailure(401, "this server wants a token: 'Authorization: Bearer …'");
        }
    }

    /// Answers by an error; closes the connection where an answer has begun, or where more of a
    /// body is to come than is worth reading.
    void answer(Throwable e, ServerRequest request, ServerResponse response) {
        HttpFailure failure = failure(e);
        if (failure.status() == 500) {
            failures.accept(e);
        }
        if (response.isSent()) {
            throw new CloseConnectionException("an answer was cut off", e);
        }
        if (failure.status() == 401) {
            response.header(HeaderNames.WWW_AUTHENTICATE, "Bearer");
        }
        failure.retryAfterSeconds()
                .ifPresent(s -> response.header(HeaderNames.RETRY_AFTER, Integer.toString(s)));
        if (failure.status() == 408 || !isRead(request)) {
            response.header(HeaderValues.CONNECTION_CLOSE);
        }
        send(response, failure.status(), error(failure.getMessage()));
    }

    private static boolean isRead(ServerRequest request) {
        return !request.content().hasEntity()
                || request.content().consumed()
                || request.headers().contentLength().orElse(Long.MAX_VALUE) <= DRAINED;
    }

    private HttpFailure failure(Throwable e) {
        return switch (e) {
            case HttpFailure failure -> failure;
            case CloseConnectionException gone -> throw gone;
            case HttpException http -> failure(http.status(), http);
            case RequestException http -> failure(http.status(), http);
            case OutOfMemoryError _ ->
                    HttpFailure.unavailable("not enough memory for this request now", 1);
            default -> new HttpFailure(500, "the server failed; its log says more");
        };
    }

    private HttpFailure failure(Status status, RuntimeException e) {
        return new HttpFailure(status.code(), reason(status, e.getMessage(), bodyLimit));
    }

    /// What Helidon has to say, in our words where it says too little.
    static String reason(Status status, @Nullable String message, long bodyLimit) {
        if (status.code() == Status.REQUEST_ENTITY_TOO_LARGE_413.code()) {
            return "the body is larger than the %,d bytes that are accepted".formatted(bodyLimit);
        }
        return message == null || message.isBlank() ? status.reasonPhrase() : message;
    }

    /// `{"error": message}`, the message on one line.
    static byte[] error(@Nullable String message) {
        String line = message == null ? "" : message.replaceAll("\\p{Cntrl}+", " ");
        return Json.object().put("error", line).build().compact().getBytes(StandardCharsets.UTF_8);
    }

    static void send(ServerResponse response, int status, byte[] json) {
        response.status(status);
        response.header(HeaderNames.CONTENT_TYPE, "application/json");
        response.send(json);
    }
}
