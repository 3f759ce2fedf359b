package org.repvgg.serve;

import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1ConnectionListener;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Closes connections on which nothing goes on: which never begin a request, whose headers stop
/// half-way, or whose answer nobody reads. Helidon's sockets know no time limit, and its own watch
/// spares connections that have begun a request. Safe to share between threads.
final class ConnectionGuard implements Http1ConnectionListener, AutoCloseable {
    private final Duration headers;
    private final Duration exchange;
    private final Map<String, Future<?>> deadlines = new ConcurrentHashMap<>();
    private final ScheduledExecutorService clock = clock();

    /// @param headers longest time from the beginning of a connection, TLS' handshake included, to
    ///   the first line of a request, and from the first line of any to the end of its headers
    /// @param exchange longest time from there to the end of the answer
    ConnectionGuard(Duration headers, Duration exchange) {
        this.headers = headers;
        this.exchange = exchange;
    }

    private static ScheduledExecutorService clock() {
        var clock =
                new ScheduledThreadPoolExecutor(
                        1, Thread.ofPlatform().daemon().name("connection-guard").factory());
        // or connections would be remembered for as long as they might have lasted
        clock.setRemoveOnCancelPolicy(true);
        return clock;
    }

    /// A connection is there. This and what follows is called by its own thread.
    void opened(ConnectionContext connection) {
        limit(connection, headers);
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
        Thread handler = Thread.currentThread();
        Runnable end =
                () -> {
                    deadlines.remove(id);
                    close(connection, handler);
                };
        cancel(deadlines.put(id, clock.schedule(end, longest.toNanos(), TimeUnit.NANOSECONDS)));
    }

    /// TLS says good-bye under a lock, which the handler may hold while it waits for the client; an
    /// interrupt makes it let go. Not for the clock to wait for.
    private static void close(ConnectionContext connection, Thread handler) {
        handler.interrupt();
        Thread.ofVirtual()
                .name("close")
                .start(
                        () -> {
                            try {
                                connection.serverSocket().close();
                            } catch (UncheckedIOException e) {
                                // closed by the handler
                            }
                        });
    }

    /// The answer is written, or the connection is over.
    ///
    /// @param socketId of the connection
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
