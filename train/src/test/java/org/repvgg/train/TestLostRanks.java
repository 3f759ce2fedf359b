package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.train.SeveralRanks.Outcome;
import org.repvgg.train.torch.MetRank;

/// Ranks that end at a bad moment: the others say which, in one line.
@Timeout(300)
final class TestLostRanks {
    private static final Duration SHORT = Duration.ofSeconds(3);
    private static final String GONE = " is gone: the connection is closed";

    @TempDir Path temporary;

    @Test
    void beforeItIsConnected() throws IOException {
        int port = SeveralRanks.freePort();
        Callable<Double> met =
                () -> {
                    MetRank.meet(SeveralRanks.rendezvous(2, 3, port, SHORT));
                    return 0.0;
                };
        List<Outcome<Double>> outcomes =
                SeveralRanks.all(List.of(sum(0, 3, port, SHORT), sum(1, 3, port, SHORT), met));
        assertThat(outcomes.get(2).failure()).isNull();
        String reason = "rank 2 (127.0.0.1, process ";
        assertEnds(outcomes.get(0), 0, reason);
        Outcome<Double> other = outcomes.get(1);
        if (other.failure().getMessage().startsWith("rank 0 has ended: ")) {
            // it was still counting who is there: these are rank 0's words
            assertThat(other.failure())
                    .isInstanceOf(TrainException.class)
                    .hasMessage("rank 0 has ended: " + outcomes.get(0).failure().getMessage());
        } else {
            assertEnds(other, 1, reason);
        }
    }

    @Test
    void rankZeroBeforeItIsConnected() throws IOException {
        int port = SeveralRanks.freePort();
        Callable<Double> met =
                () -> {
                    MetRank.meet(SeveralRanks.rendezvous(0, 3, port, SHORT));
                    return 0.0;
                };
        List<Outcome<Double>> outcomes =
                SeveralRanks.all(List.of(met, sum(1, 3, port, SHORT), sum(2, 3, port, SHORT)));
        assertThat(outcomes.get(0).failure()).isNull();
        for (int rank = 1; rank < 3; rank++) {
            assertEnds(outcomes.get(rank), rank, "rank 0 ");
        }
    }

    @Test
    void beforeItsFirstSum() throws IOException, InterruptedException {
        int port = SeveralRanks.freePort();
        Process third = start(2, 3, port, false);
        List<Outcome<Double>> outcomes =
                SeveralRanks.all(
                        List.of(
                                sum(0, 3, port, RankProcess.PATIENCE),
                                sum(1, 3, port, RankProcess.PATIENCE)));
        assertThat(third.waitFor()).isEqualTo(1);
        assertThat(outcomes)
                .allSatisfy(outcome -> assertLost(outcome).hasMessageContaining(gone(2, third)));
    }

    @Test
    void rankZeroInASum() throws IOException, InterruptedException {
        int port = SeveralRanks.freePort();
        Process first = start(0, 3, port, true);
        CountDownLatch joined = new CountDownLatch(2);
        List<Callable<Double>> others =
                List.of(
                        sumAfter(joined, 1, 3, port, () -> {}),
                        sumAfter(joined, 2, 3, port, first::destroyForcibly));
        List<Outcome<Double>> outcomes = SeveralRanks.all(others);
        assertThat(first.waitFor()).isNotZero();
        assertThat(outcomes).allSatisfy(outcome -> assertLost(outcome).hasMessage(gone(0, first)));
    }

    /// Whoever comes second as rank 1 is refused, and only when the other has arrived.
    @Test
    void rankZeroWhileTheOthersWait() throws IOException, InterruptedException {
        int port = SeveralRanks.freePort();
        Process first = start(0, 3, port, true);
        assertThat(first.inputReader().readLine()).isEqualTo("here");
        Callable<Double> sum = sum(1, 3, port, RankProcess.PATIENCE);
        Callable<Double> killer =
                () -> {
                    try {
                        return sum.call();
                    } catch (IllegalArgumentException e) {
                        first.destroyForcibly();
                        throw e;
                    }
                };
        List<Outcome<Double>> outcomes = SeveralRanks.all(List.of(killer, killer));
        assertThat(outcomes)
                .extracting(Outcome::failure)
                .anySatisfy(failure -> assertThat(failure).hasMessageContaining("a rank 1 is at"))
                .anySatisfy(
                        failure ->
                                assertThat(failure)
                                        .isInstanceOf(TrainException.class)
                                        .hasMessageStartingWith("rank 1 of 3 ends: rank 0 ")
                                        .hasMessageContaining(" is gone: "));
        assertThat(first.waitFor()).isNotZero();
    }

    @Test
    void anotherWhileAllWait() throws IOException, InterruptedException {
        int port = SeveralRanks.freePort();
        Process second = start(1, 3, port, true);
        Process third = start(1, 3, port, true);
        CompletableFuture<Process> refused =
                CompletableFuture.anyOf(second.onExit(), third.onExit())
                        .thenApply(Process.class::cast);
        CompletableFuture<Process> killed =
                refused.thenApply(it -> (it == second ? third : second).destroyForcibly());
        Outcome<Double> outcome =
                SeveralRanks.all(List.of(sum(0, 3, port, RankProcess.PATIENCE))).getFirst();
        assertEnds(outcome, 0, gone(1, killed.join()));
    }

    private static Callable<Double> sum(int rank, int world, int port, Duration timeout) {
        return () -> {
            try (Ranks ranks = SeveralRanks.rendezvous(rank, world, port, timeout).join(false)) {
                return ranks.sum(1);
            }
        };
    }

    private static Callable<Double> sumAfter(
            CountDownLatch joined, int rank, int world, int port, Runnable last) {
        return () -> {
            Rendezvous where = SeveralRanks.rendezvous(rank, world, port, RankProcess.PATIENCE);
            try (Ranks ranks = where.join(false)) {
                joined.countDown();
                joined.await();
                last.run();
                return ranks.sum(1);
            }
        };
    }

    private Process start(int rank, int world, int port, boolean stays) throws IOException {
        Path errors = temporary.resolve("errors-" + rank + "-" + System.nanoTime());
        return RankProcess.start(RankProcess.class, errors, rank, world, port, stays);
    }

    private static String gone(int rank, Process process) {
        return "rank %s (127.0.0.1, process %s)".formatted(rank, process.pid()) + GONE;
    }

    private static void assertEnds(Outcome<Double> outcome, int rank, String reason) {
        assertThat(outcome.failure())
                .isInstanceOf(TrainException.class)
                .hasMessageStartingWith("rank %s of 3 ends: %s".formatted(rank, reason))
                .hasMessageEndingWith(GONE);
    }

    /// While it joins, or later.
    private static AbstractThrowableAssert<?, ?> assertLost(Outcome<Double> outcome) {
        return assertThat(outcome.failure())
                .isInstanceOfAny(LostRankException.class, TrainException.class)
                .hasMessageEndingWith(GONE);
    }
}
