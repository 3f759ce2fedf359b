package org.repvgg.serve;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.RequestException;
import io.helidon.webserver.CloseConnectionException;
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
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/// Reads bodies into memory: none larger than a limit, all of them within another, and none for
/// longer than a while, however slowly it trickles in. Safe to share between threads.
final class RequestBodies {
    /// How many times the limit Helidon may read before it refuses by itself, by closing the
    /// connection: a little too large is told in a friendlier way here.
    static final int CHUNK_FACTOR = 2;

    private static final int CHUNK = 64 << 10;

    private final long limit;
    private final long memory;
    private final Duration longest;
    private final AtomicLong taken = new AtomicLong();

    /// Bodies in chunks being read: Helidon takes in a chunk as a whole, whatever its size.
    private final Semaphore chunked;

    RequestBodies(long limit, long memory, Duration longest) {
        this.limit = Math.min(limit, Integer.MAX_VALUE - 8);
        this.memory = memory;
        this.longest = longest;
        this.chunked = new Semaphore(Math.clamp(memory / 2 / (CHUNK_FACTOR * limit), 1, 1024));
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

        /// Sets more memory aside, for what is made of the bytes.
        ///
        /// @throws HttpFailure if there is none now, or never enough for this body
        synchronized void hold(long more) {
            if (closed) {
                throw new IllegalStateException("nobody waits for this body any more");
            }
            held += more;
            boolean full = taken.addAndGet(more) > memory;
            if (held > memory) { // coming again would be in vain
                throw new HttpFailure(
                        413,
                        ("a body of %,d bytes takes %,d bytes of memory here,"
                                        + " of %,d for all bodies together")
                                .formatted(bytes.length, held, memory));
            }
            if (full) {
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
        if (declared.isPresent() || !request.content().hasEntity()) {
            return read(request, (int) declared.orElse(0));
        }
        if (!chunked.tryAcquire()) {
            throw HttpFailure.unavailable("too many bodies come in chunks of unknown size", 1);
        }
        try {
            return read(request, 0);
        } finally {
            chunked.release();
        }
    }

    private Body read(ServerRequest request, int expected) {
        Body body = new Body();
        try {
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
                case RequestException wrong -> throw wrong;
                case IOException _ -> throw endsEarly();
                case CloseConnectionException _ -> throw endsEarly();
                case DataReader.InsufficientDataAvailableException _ -> throw endsEarly();
                case IllegalArgumentException _ -> throw noChunks(); // a size that is no number
                case DataReader.IncorrectNewLineException _ -> throw noChunks();
                case Error error -> throw error;
                case Throwable other -> throw new IllegalStateException("a body: " + other, other);
            }
        } catch (InterruptedException e) { // not restored: it would close the connection
            throw HttpFailure.unavailable("the server is stopping", 1);
        }
    }

    private byte[] bytes(ServerRequest request, int expected, Body body) throws IOException {
        if (!request.content().hasEntity()) {
            return new byte[0];
        }
        int first = expected > 0 ? Math.min(expected, CHUNK) : CHUNK;
        body.hold(first);
        byte[] bytes = new byte[first];
        int size = 0;
        InputStream in = request.content().inputStream(); // closing it would wait for the rest
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
        if (size < expected) {
            throw new EOFException();
        }
        return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
    }

    /// Twice the size, and no more than is to come or may come. What a caller announces costs
    /// nothing before it comes.
    private byte[] grown(byte[] bytes, int expected, Body body) {
        int larger = (int) Math.min(expected > 0 ? expected : limit, 2L * bytes.length);
        if (larger == bytes.length) {
            throw tooLarge("more");
        }
        body.hold(larger - bytes.length);
        return Arrays.copyOf(bytes, larger);
    }

    private static HttpFailure endsEarly() {
        return new HttpFailure(400, "the body ends early");
    }

    private static HttpFailure noChunks() {
        return new HttpFailure(400, "the body does not come in proper chunks");
    }

    private HttpFailure tooLarge(String size) {
        return new HttpFailure(
                413, "the body has %s bytes, at most %,d are accepted".formatted(size, limit));
    }
}
