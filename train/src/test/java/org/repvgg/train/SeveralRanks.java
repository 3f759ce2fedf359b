package org.repvgg.train;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/// Ranks of a training as threads of one process, each with sockets of its own.
final class SeveralRanks {
    static final Duration LONG = Duration.ofSeconds(60);

    private SeveralRanks() {}

    /// What a rank does.
    interface Work<T> {
        T run(Ranks ranks) throws IOException, InterruptedException;
    }

    /// What became of a rank: one of the two is there.
    record Outcome<T>(T value, Throwable failure) {}

    /// A port that nobody listens on.
    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    static Rendezvous rendezvous(int rank, int world, int port, Duration timeout) {
        return new Rendezvous(rank, world, "127.0.0.1", port, timeout);
    }

    /// What every rank has given.
    static <T> List<T> run(int world, boolean synchronisedNorms, Work<T> work) throws IOException {
        List<T> values = new ArrayList<>();
        for (Outcome<T> outcome : outcomes(world, synchronisedNorms, LONG, work)) {
            if (outcome.failure != null) {
                throw new AssertionError("a rank has failed", outcome.failure);
            }
            values.add(outcome.value);
        }
        return values;
    }

    static <T> List<Outcome<T>> outcomes(
            int world, boolean synchronisedNorms, Duration timeout, Work<T> work)
            throws IOException {
        int port = freePort();
        return all(
                IntStream.range(0, world)
                        .<Callable<T>>mapToObj(
                                rank ->
                                        () -> {
                                            try (Ranks ranks =
                                                    rendezvous(rank, world, port, timeout)
                                                            .join(synchronisedNorms)) {
                                                return work.run(ranks);
                                            }
                                        })
                        .toList());
    }

    /// Runs all at once.
    static <T> List<Outcome<T>> all(List<Callable<T>> works) {
        try (ExecutorService pool = Executors.newFixedThreadPool(works.size())) {
            List<Future<T>> futures = works.stream().map(pool::submit).toList();
            return futures.stream().map(SeveralRanks::outcome).toList();
        }
    }

    private static <T> Outcome<T> outcome(Future<T> future) {
        try {
            return new Outcome<>(future.get(), null);
        } catch (ExecutionException e) {
            return new Outcome<>(null, e.getCause());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
