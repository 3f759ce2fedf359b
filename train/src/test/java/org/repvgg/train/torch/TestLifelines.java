package org.repvgg.train.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What ranks hear of each other's end.
@Timeout(60)
final class TestLifelines {
    /// Longer than a test may take: what ends such a wait is news.
    private static final Duration LONG = Duration.ofMinutes(5);

    private static final Duration SHORT = Duration.ofMillis(200);

    private static final InetAddress HERE = InetAddress.getLoopbackAddress();

    @Test
    void allHearOfOneThatHasEnded() throws IOException {
        try (Lifelines first = Lifelines.host(4, HERE);
                Lifelines second = join(1, 4, first);
                Lifelines third = join(2, 4, first)) {
            join(3, 4, first).close();
            for (Lifelines rank : List.of(first, second, third)) {
                assertThat(rank.awaitEnd(LONG)).containsExactly(3);
                assertThat(rank.lost(LONG)).containsExactly(3);
            }
        }
    }

    @Test
    void whoComesLateHearsItToo() throws IOException {
        try (Lifelines first = Lifelines.host(3, HERE)) {
            join(2, 3, first).close();
            assertThat(first.awaitEnd(LONG)).containsExactly(2);
            try (Lifelines second = join(1, 3, first)) {
                assertThat(second.awaitEnd(LONG)).containsExactly(2);
            }
        }
    }

    @Test
    void whoLeavesBecauseOfAnotherIsNotTheReason() throws IOException {
        try (Lifelines first = Lifelines.host(3, HERE);
                Lifelines _ = join(2, 3, first)) {
            try (Lifelines second = join(1, 3, first)) {
                second.leave();
                assertThat(first.lost(LONG)).as("of two, one has left").containsExactly(2);
                assertThat(second.lost(LONG)).containsExactly(2);
            }
            assertThat(first.ended()).isEmpty();
            assertThat(first.absent()).containsExactly(1);
        }
    }

    @Test
    void whoHasBeenToldWhyRankZeroLeavesDoesNotNameIt() throws IOException {
        Lifelines first = Lifelines.host(3, HERE);
        try (Lifelines second = join(1, 3, first)) {
            join(2, 3, first).close();
            assertThat(first.lost(LONG)).containsExactly(2);
            assertThat(second.awaitEnd(LONG)).containsExactly(2);
            first.close();
            assertThat(second.lost(LONG)).containsExactly(2);
        }
    }

    @Test
    void rankZeroThatVanishesWhileTheOthersSearchIsNamed() throws IOException {
        try (ServerSocket door = new ServerSocket(0, 1, HERE);
                Lifelines second =
                        Lifelines.join(
                                1, 3, new InetSocketAddress(HERE, door.getLocalPort()), LONG)) {
            CompletableFuture<List<Integer>> search =
                    CompletableFuture.supplyAsync(() -> second.lost(LONG));
            try (Socket line = door.accept()) {
                DataInputStream in = new DataInputStream(line.getInputStream());
                assertThat(in.readInt()).as("it has come").isEqualTo(1);
                assertThat(in.readInt()).as("it searches").isEqualTo(1);
                new DataOutputStream(line.getOutputStream()).writeInt(-1 - 1);
            }
            assertThat(search.join()).containsExactly(0);
        }
    }

    @Test
    void rankZeroThatPassesNothingOnIsNamed() throws IOException {
        try (ServerSocket door = new ServerSocket(0, 1, HERE);
                Lifelines second =
                        Lifelines.join(
                                1, 3, new InetSocketAddress(HERE, door.getLocalPort()), LONG);
                Socket _ = door.accept()) {
            assertThat(second.lost(SHORT)).containsExactly(0);
        }
    }

    @Test
    void whereAllLeaveEveryOtherIsNamed() throws IOException {
        try (Lifelines first = Lifelines.host(3, HERE);
                Lifelines second = join(1, 3, first);
                Lifelines third = join(2, 3, first)) {
            second.leave();
            third.leave();
            assertThat(first.awaitEnd(LONG)).as("nobody is left who could end").isEmpty();
            assertThat(first.lost(LONG)).containsExactly(1, 2);
        }
    }

    @Test
    void strangersAreNobody() throws IOException {
        try (Lifelines first = Lifelines.host(2, HERE)) {
            join(7, 8, first).close();
            try (Socket stranger = new Socket(HERE, first.port())) {
                stranger.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes());
            }
            join(1, 2, first).close();
            assertThat(first.awaitEnd(LONG)).containsExactly(1);
        }
    }

    private static Lifelines join(int rank, int world, Lifelines first) throws IOException {
        return Lifelines.join(rank, world, new InetSocketAddress(HERE, first.port()), LONG);
    }
}
