package org.repvgg.serve;

import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1ConnectionListener;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Closes connections on which nothing goes on: whose headers stop half-way, or whose answer nobody
/// reads. Helidon's sockets know no time limit, and its own watch spares connections that have
/// begun a request. Safe to share between threads.
final class ConnectionGuard implements Http1ConnectionListener, AutoCloseable {
    private final Duration headers;
    private final Duration exchange;
    private final Map<String, Future<?>> deadlines = new ConcurrentHashMap<>();
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("connection-guard").factory());

    /// @param headers longest time from the first line of a request to the end of its headers
    /// @param exchange longest time from there to the end of the answer
    ConnectionGuard(Duration headers, Duration exchange) {
        this.headers = headers;
        this.exchange = exchange;
    }

    @Override
    public void prologue(ConnectionContext connection, HttpPrologue prologue) {
        limit(connection, headers);
    }

    @Override
    public void headers(ConnectionContext connection, Headers received) {
        limit(connection, exchange);
    }

    private void limit(ConnectionContext connection, Duration longest) {
        String id = connection.childSocketId();
        Runnable close =
                () -> {
                    deadlines.remove(id);
                    connection.serverSocket().close();
                };
        cancel(deadlines.put(id, clock.schedule(close, longest.toNanos(), TimeUnit.NANOSECONDS)));
    }

    /// The answer is written.
    ///
    /// @param socketId of its request
    void done(String socketId) {
        cancel(deadlines.remove(socketId));
    }

    private static void cancel(@Nullable Future<?> deadline) {
        if (deadline != null) {
            deadline.cancel(false);
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
