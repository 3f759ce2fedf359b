package org.repvgg.serve;

import io.helidon.webserver.http.ServerRequest;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/// Reads bodies into memory: none larger than a limit, all of them within another, and none for
/// longer than a while, however slowly it trickles in. Safe to share between threads.
final class RequestBodies {
    private static final int CHUNK = 64 << 10;

    private final long limit;
    private final long memory;
    private final Duration longest;
    private final AtomicLong taken = new AtomicLong();

    RequestBodies(long limit, long memory, Duration longest) {
        this.limit = Math.min(limit, Integer.MAX_VALUE - 8);
        this.memory = memory;
        this.longest = longest;
    }

    /// A body and the memory that is set aside for it until it is closed.
    final class Body implements AutoCloseable {
        private byte[] bytes = {};
        private long held;
        private boolean closed;

        /// The bytes themselves.
        byte[] bytes() {
            return bytes;
        }

        private synchronized void hold(long more) {
            if (closed) {
                throw new IllegalStateException("nobody waits for this body any more");
            }
            held += more;
            if (taken.addAndGet(more) > memory) {
                throw HttpFailure.unavailable(
                        "the requests being read have %,d bytes, all that is set aside for them"
                                .formatted(memory),
                        1);
            }
        }

        @Override
        public synchronized void close() {
            closed = true;
            taken.addAndGet(-held);
            held = 0;
        }
    }

    /// @throws HttpFailure if it is too large, too slow or cut off
    Body read(ServerRequest request) {
        OptionalLong declared = request.headers().contentLength();
        if (declared.isPresent() && declared.getAsLong() > limit) {
            throw tooLarge("%,d".formatted(declared.getAsLong()));
        }
        Body body = new Body();
        try {
            int expected = (int) declared.orElse(0);
            body.hold(expected);
            body.bytes = inTime(() -> bytes(request, expected, body));
            return body;
        } catch (RuntimeException e) {
            body.close();
            throw e;
        }
    }

    /// Reading waits for as long as nothing comes, so another thread does it: when time is up, that
    /// one is left behind until the connection is closed.
    private byte[] inTime(Callable<byte[]> reading) {
        FutureTask<byte[]> task = new FutureTask<>(reading);
        Thread.ofVirtual().name("body").start(task);
        try {
            return task.get(longest.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new HttpFailure(
                    408,
                    "the body did not come within %s s".formatted(longest.toMillis() / 1000.0));
        } catch (ExecutionException e) {
            switch (Objects.requireNonNullElse(e.getCause(), e)) {
                case HttpFailure failure -> throw failure;
                case OutOfMemoryError memory -> throw memory;
                // a read that fails, in one of Helidon's ways that are not documented
                case Throwable _ -> throw new HttpFailure(400, "the body ends early");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw HttpFailure.unavailable("the server is stopping", 1);
        }
    }

    private byte[] bytes(ServerRequest request, int expected, Body body) throws IOException {
        if (!request.content().hasEntity()) {
            return new byte[0];
        }
        byte[] bytes = new byte[expected > 0 ? Math.min(expected, CHUNK) : CHUNK];
        int size = 0;
        try (InputStream in = request.content().inputStream()) {
            while (size < expected || expected == 0) {
                if (size == bytes.length) {
                    bytes = grown(bytes, expected, body);
                }
                int read = in.read(bytes, size, bytes.length - size);
                if (read < 0) {
                    break;
                }
                size += read;
            }
        }
        if (size < expected) {
            throw new EOFException();
        }
        return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
    }

    /// Twice the size, and no more than is to come or may come.
    private byte[] grown(byte[] bytes, int expected, Body body) {
        if (expected > 0) {
            return Arrays.copyOf(bytes, (int) Math.min(expected, 2L * bytes.length));
        }
        long larger = Math.min(limit, 2L * bytes.length);
        if (larger == bytes.length) {
            throw tooLarge("more");
        }
        body.hold(larger);
        return Arrays.copyOf(bytes, (int) larger);
    }

    private HttpFailure tooLarge(String size) {
        return new HttpFailure(
                413, "the body has %s bytes, at most %,d are accepted".formatted(size, limit));
    }
}
