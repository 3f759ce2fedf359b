package org.repvgg.benchmark.serving;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.Deque;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Asks at times that are fixed beforehand, however long the answers take, and counts each answer's
/// time from when its question was due: a server that stands still delays all that is due meanwhile
/// (no coordinated omission, as a closed loop has it).
final class OpenLoop {
    /// A status of questions that were not asked, for so many waited already.
    static final int NOT_ASKED = 0;

    /// A status of questions whose connection broke.
    static final int BROKEN = 1;

    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(60);

    /// Servers close connections on which nothing comes, ours after a minute. One that has lain
    /// idle for half as long is not used again, as in the pools of HTTP clients.
    private static final Duration LONGEST_IDLE = Duration.ofSeconds(30);

    private final URI server;
    private final byte[] request;
    private final Semaphore room;
    private final Deque<Idle> idle = new ConcurrentLinkedDeque<>();

    /// @param connections that may be open at a time
    OpenLoop(URI server, byte[] request, int connections) {
        this.server = server;
        this.request = request;
        this.room = new Semaphore(connections);
    }

    /// @param since when its last answer came, of [System#nanoTime]
    private record Idle(Connection connection, long since) {}

    /// When questions come.
    enum Arrivals {
        /// One like the other.
        STEADY,

        /// As from many callers who do not know of each other: a Poisson process.
        RANDOM
    }

    /// Nanoseconds from the start.
    ///
    /// @param rate questions a second
    static long[] schedule(Arrivals arrivals, double rate, Duration duration, long seed) {
        var random = new SplittableRandom(seed);
        long[] due = new long[Math.toIntExact(Math.round(rate * duration.toNanos() / 1e9))];
        double at = 0;
        for (int i = 0; i < due.length; i++) {
            due[i] = Math.round(at * 1e9);
            at +=
                    switch (arrivals) {
                        case STEADY -> 1 / rate;
                        case RANDOM -> -Math.log1p(-random.nextDouble()) / rate;
                    };
        }
        return due;
    }

    /// @param statuses of HTTP, or [#NOT_ASKED] or [#BROKEN]
    /// @param nanos from when a question was due to the end of its answer
    record Result(int[] statuses, long[] nanos) {
        /// Questions `[from,to)`.
        Result part(int from, int to) {
            return new Result(
                    Arrays.copyOfRange(statuses, from, to), Arrays.copyOfRange(nanos, from, to));
        }

        long count(int status) {
            return Arrays.stream(statuses).filter(each -> each == status).count();
        }

        /// What was asked and answered by neither 200 nor 503.
        long otherwise() {
            return statuses.length - count(200) - count(503) - count(NOT_ASKED);
        }

        /// Of the answers by 200; NaN where there are none.
        double percentileMillis(double percent) {
            long[] sorted =
                    IntStream.range(0, statuses.length)
                            .filter(i -> statuses[i] == 200)
                            .mapToLong(i -> nanos[i])
                            .sorted()
                            .toArray();
            int rank = (int) Math.ceil(percent / 100 * sorted.length) - 1;
            return sorted.length == 0 ? Double.NaN : sorted[Math.max(0, rank)] / 1e6;
        }
    }

    /// Asks, and waits for the last answer.
    ///
    /// @param due as from [#schedule]
    Result run(long[] due) {
        int[] statuses = new int[due.length];
        long[] nanos = new long[due.length];
        long start = System.nanoTime();
        try (ExecutorService askers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < due.length; i++) {
                int number = i;
                long at = start + due[i];
                for (long left = at - System.nanoTime(); left > 0; left = at - System.nanoTime()) {
                    LockSupport.parkNanos(left);
                }
                if (room.tryAcquire()) {
                    askers.execute(
                            () -> {
                                statuses[number] = ask();
                                nanos[number] = System.nanoTime() - at;
                                room.release();
                            });
                }
            }
        } finally {
            idle.forEach(each -> each.connection.close());
            idle.clear();
        }
        return new Result(statuses, nanos);
    }

    /// The connection that was used last, if any can be used.
    private @Nullable Connection idle() {
        for (Idle next = idle.poll(); next != null; next = idle.poll()) {
            if (System.nanoTime() - next.since < LONGEST_IDLE.toNanos()) {
                return next.connection;
            }
            next.connection.close();
        }
        return null;
    }

    private int ask() {
        Connection connection = idle();
        try {
            if (connection == null) {
                connection = Connection.open(server, LONGEST_ANSWER);
            }
            int status = connection.ask(request);
            if (connection.isOpen()) {
                idle.push(new Idle(connection, System.nanoTime()));
            }
            return status;
        } catch (IOException | RuntimeException e) { // or what came was no HTTP
            if (connection != null) {
                connection.close();
            }
            return BROKEN;
        }
    }
}
