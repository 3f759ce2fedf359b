package org.repvgg.serve;

import io.helidon.http.HeaderNames;
import io.helidon.http.HttpException;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.Json;
import org.repvgg.serve.inference.OverloadedException;

/// What every request passes through: who may come in, what an error looks like, the metrics and
/// the log.
final class Exchanges implements Filter {
    private static final String BEARER = "Bearer ";

    private final Optional<byte[]> token;
    private final Set<String> open;
    private final Optional<String> corsOrigin;
    private final ServingMetrics metrics;
    private final AccessLog log;
    private final Consumer<Throwable> failures;

    /// @param open paths that want no token
    /// @param failures takes what is a fault of the server
    Exchanges(
            ServeOptions options,
            Set<String> open,
            ServingMetrics metrics,
            AccessLog log,
            Consumer<Throwable> failures) {
        this.token = options.token().map(text -> text.getBytes(StandardCharsets.UTF_8));
        this.open = open;
        this.corsOrigin = options.corsOrigin();
        this.metrics = metrics;
        this.log = log;
        this.failures = failures;
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        long start = System.nanoTime();
        try {
            corsOrigin.ifPresent(origin -> allow(origin, response));
            if (isPreflight(request)) {
                response.status(Status.NO_CONTENT_204).send();
            } else {
                checkToken(request);
                chain.proceed();
            }
        } catch (HttpFailure e) {
            answer(e, response);
        } finally {
            long nanos = System.nanoTime() - start;
            int status = response.status().code();
            metrics.requestDone(route(request), status, nanos);
            log.done(
                    request.remotePeer().host(),
                    request.prologue().method().text(),
                    request.prologue().uriPath().rawPath(),
                    status,
                    response.bytesWritten(),
                    nanos / 1e9);
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

    /// Answers by an error; closes the connection where an answer has begun.
    void answer(Throwable e, ServerResponse response) {
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
        if (failure.status() == 408 || failure.status() == 413) {
            response.header(HeaderNames.CONNECTION, "close"); // the rest of the body is not read
        }
        send(response, failure.status(), error(failure.getMessage()));
    }

    private static HttpFailure failure(Throwable e) {
        return switch (e) {
            case HttpFailure failure -> failure;
            case CloseConnectionException gone -> throw gone;
            case HttpException http -> new HttpFailure(http.status().code(), message(http));
            case RequestException http -> new HttpFailure(http.status().code(), message(http));
            case OutOfMemoryError _ ->
                    HttpFailure.unavailable("not enough memory for this request now", 1);
            default -> new HttpFailure(500, "the server failed; its log says more");
        };
    }

    private static String message(RuntimeException e) {
        return e.getMessage() == null ? "a bad request" : e.getMessage();
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

    /// What keeps a network from answering, as an answer.
    static HttpFailure of(OverloadedException e) {
        return HttpFailure.unavailable(e.getMessage(), e.retryAfterSeconds());
    }

    /// Likewise.
    static HttpFailure of(TimeoutException e) {
        return HttpFailure.unavailable(e.getMessage(), 1);
    }
}
