package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.train.SeveralRanks.Outcome;
import org.repvgg.train.torch.ListeningSocket;

/// What ranks do together, by Gloo on the loopback interface.
final class TestRanks {
    /// More than two buckets, and not whole ones.
    private static final int FLOATS = 2_500_000;

    private static final Duration SHORT = Duration.ofSeconds(3);

    @Test
    void addUpAndBroadcast() throws IOException {
        List<String> results =
                SeveralRanks.run(
                        2,
                        false,
                        ranks -> {
                            int own = ranks.rank() + 1;
                            float[] values = new float[FLOATS + 2];
                            for (int i = 0; i < values.length; i++) {
                                values[i] = own * (i % 1000);
                            }
                            ranks.sum(values, 1, FLOATS);
                            assertThat(values[0]).isZero();
                            assertThat(values[FLOATS + 1]).isEqualTo(own * ((FLOATS + 1) % 1000));
                            for (int i = 1; i <= FLOATS; i++) {
                                if (values[i] != 3 * (i % 1000)) {
                                    throw new AssertionError(i + ": " + values[i]);
                                }
                            }
                            ranks.broadcast(values);
                            assertThat(values[FLOATS + 1]).isEqualTo((FLOATS + 1) % 1000);

                            double tiny = Math.pow(2, -40);
                            assertThat(ranks.sum(ranks.isFirst() ? 1 : tiny)).isEqualTo(1 + tiny);
                            float[] mean = {own};
                            ranks.mean(mean);
                            assertThat(mean).containsExactly(1.5f);
                            return String.join(",", ranks.gather("ä".repeat(ranks.rank())));
                        });
        assertThat(results).containsExactly(",ä", ",ä");
    }

    @Test
    void refuseUnequalFactsWithBothValues() throws IOException {
        List<Outcome<String>> outcomes =
                SeveralRanks.outcomes(
                        3,
                        false,
                        SeveralRanks.LONG,
                        ranks -> {
                            ranks.checkSame(Map.of("seed", "7"));
                            ranks.checkSame(Map.of("lr", ranks.rank() == 2 ? "0.2" : "0.1"));
                            return "";
                        });
        assertThat(outcomes)
                .extracting(Outcome::failure)
                .allSatisfy(
                        failure ->
                                assertThat(failure)
                                        .isInstanceOf(IllegalArgumentException.class)
                                        .hasMessageContainingAll("lr", "0.1", "0.2", "rank 2"));
    }

    @Test
    void waitForWorkThatTakesLongerThanTheTimeout() throws IOException {
        List<Outcome<Integer>> outcomes =
                SeveralRanks.outcomes(
                        2,
                        false,
                        SHORT,
                        ranks -> ranks.meet("long work", () -> sleep(ranks.isFirst() ? 6000 : 0)));
        assertThat(outcomes).extracting(Outcome::failure).containsOnlyNulls();
        assertThat(outcomes).extracting(Outcome::value).containsExactly(6000, 0);
    }

    private static int sleep(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return millis;
    }

    @Test
    void workThatFailsFailsEverywhere() throws IOException {
        List<Outcome<String>> outcomes =
                SeveralRanks.outcomes(
                        2,
                        false,
                        SeveralRanks.LONG,
                        ranks ->
                                ranks.meet(
                                        "the evaluation",
                                        () -> {
                                            if (ranks.isFirst()) {
                                                throw new IOException("disk full");
                                            }
                                            return "";
                                        }));
        assertThat(outcomes.get(0).failure()).hasMessage("disk full");
        assertThat(outcomes.get(1).failure())
                .isInstanceOf(TrainException.class)
                .hasMessage("rank 0 has failed in the evaluation: disk full");
    }

    @Test
    void aRankThatLeavesIsNamedByAllOthers() throws IOException {
        List<Outcome<Double>> outcomes =
                SeveralRanks.outcomes(
                        3, false, SeveralRanks.LONG, ranks -> ranks.rank() == 2 ? 0 : ranks.sum(1));
        assertThat(outcomes.subList(0, 2))
                .extracting(Outcome::failure)
                .allSatisfy(
                        failure ->
                                assertThat(failure)
                                        .isInstanceOf(LostRankException.class)
                                        .hasMessageStartingWith("rank 2 (127.0.0.1, process ")
                                        .hasMessageContaining("is gone"));
    }

    @Test
    void aSilentRankIsNamedAfterTheTimeout() throws IOException {
        List<Outcome<Double>> outcomes =
                SeveralRanks.outcomes(
                        2,
                        false,
                        SHORT,
                        ranks -> ranks.isFirst() ? ranks.sum(1) : (double) sleep(5000));
        assertThat(outcomes.getFirst().failure())
                .isInstanceOf(LostRankException.class)
                .hasMessageStartingWith("rank 1 (127.0.0.1, process ")
                .hasMessageContaining("silent for 3 s");
    }

    @Test
    void aRendezvousNamesWhoIsMissing() throws IOException {
        int port = SeveralRanks.freePort();
        List<Outcome<Ranks>> outcomes =
                SeveralRanks.all(List.of(join(0, 3, port), join(2, 3, port)));
        assertThat(outcomes)
                .extracting(Outcome::failure)
                .allSatisfy(
                        failure ->
                                assertThat(failure)
                                        .isInstanceOf(TrainException.class)
                                        .hasMessageContainingAll("127.0.0.1:" + port, "3 s"));
        assertThat(outcomes.get(0).failure())
                .hasMessageContainingAll("for rank 1; there are rank 0 (127.0.0.1", "rank 2 (");
    }

    @Test
    void aRendezvousWithoutRankZeroSaysWhereItWas() throws IOException {
        int port = SeveralRanks.freePort();
        assertThatThrownBy(() -> join(1, 2, port).call())
                .isInstanceOf(TrainException.class)
                .hasMessageStartingWith(
                        "rank 1 of 2 has waited 3 s for rank 0 at 127.0.0.1:" + port);
    }

    @Test
    void unequalWorldsAndEqualRanksAreRefused() throws IOException {
        int port = SeveralRanks.freePort();
        assertThat(SeveralRanks.all(List.of(join(0, 2, port), join(1, 3, port))))
                .extracting(Outcome::failure)
                .allSatisfy(
                        failure ->
                                assertThat(failure)
                                        .isInstanceOf(IllegalArgumentException.class)
                                        .hasMessageContainingAll(
                                                "the world has", "2", "3", "rank 0", "rank 1"));
        int other = SeveralRanks.freePort();
        assertThat(
                        SeveralRanks.all(
                                List.of(join(0, 3, other), join(1, 3, other), join(1, 3, other))))
                .extracting(Outcome::failure)
                .anySatisfy(
                        failure ->
                                assertThat(failure)
                                        .isInstanceOf(IllegalArgumentException.class)
                                        .hasMessageContaining("a rank 1 is at 127.0.0.1:" + other));
    }

    @Test
    void anAddressOfAnotherMachineIsRefused() {
        assertThatThrownBy(() -> new Rendezvous(0, 2, "192.0.2.1", 29500, SHORT).join(false))
                .isInstanceOf(TrainException.class)
                .hasMessage(
                        "rank 0 cannot listen on 192.0.2.1:29500: not an address of this machine");
    }

    @Test
    void aSocketThatListensAlreadyIsTheRendezvous() throws IOException {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ListeningSocket socket = ListeningSocket.open(new InetSocketAddress(loopback, 0))) {
            int port = socket.port();
            assertThat(port).isPositive();
            assertThatThrownBy(() -> ListeningSocket.open(new InetSocketAddress(loopback, port)))
                    .hasMessage("address already in use");
            List<Outcome<Double>> outcomes =
                    SeveralRanks.all(List.of(sum(0, port, socket), sum(1, port, null)));
            assertThat(outcomes).extracting(Outcome::value).containsOnly(2.0);
        }
    }

    private static Callable<Double> sum(int rank, int port, ListeningSocket socket) {
        return () -> {
            try (Ranks ranks = SeveralRanks.rendezvous(rank, 2, port, SHORT).join(false, socket)) {
                return ranks.sum(1);
            }
        };
    }

    private static Callable<Ranks> join(int rank, int world, int port) {
        return () -> SeveralRanks.rendezvous(rank, world, port, SHORT).join(false);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1, localhost:29500, '--world must be at least 2, not 1'",
        "2, 2, localhost:29500, '--rank must be from 0 to 1 in a --world of 2, not 2'",
        "-1, 2, localhost:29500, '--rank must be from 0 to 1 in a --world of 2, not -1'",
        "0, 2, localhost, 'HOST:PORT, not ''localhost'''",
        "0, 2, localhost:x, 'with a number: ''localhost:x'''",
        "0, 2, localhost:0, 'from 1 to 65535, not 0'",
        "0, 2, localhost:65536, 'from 1 to 65535, not 65536'",
        "0, 2, :29500, 'HOST:PORT, not '':29500'''",
    })
    void badRendezvousAreRefused(int rank, int world, String address, String message) {
        assertThatThrownBy(() -> Rendezvous.of(rank, world, address, SHORT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Mac OS X", "Windows 11"})
    void systemsWithoutGlooAreRefused(String system) {
        assertThatThrownBy(() -> Rendezvous.checkSystem(system))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("several processes train on Linux", "this is " + system);
    }

    @Test
    void readsAddresses() {
        assertThat(Rendezvous.of(0, 2, "[::1]:29500", SHORT).host()).isEqualTo("::1");
        assertThat(Rendezvous.of(0, 2, "[::1]:29500", SHORT).address()).isEqualTo("[::1]:29500");
        assertThat(Rendezvous.of(0, 2, "a.example:80", SHORT).port()).isEqualTo(80);
    }

    @Test
    void aBatchThatDoesNotDivideIsRefused() {
        Recipe recipe = TinyTraining.recipe();
        assertThatThrownBy(() -> Ranks.checkShares(recipe, 3))
                .hasMessageContainingAll("16 images", "3 processes");
        assertThatThrownBy(() -> Ranks.checkShares(recipe, 16))
                .hasMessageContainingAll("16 images", "16 processes", "at least 2");
    }
}
