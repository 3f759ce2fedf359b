package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A training of two ranks from the command line; two threads stand for two processes.
final class TestTrainTogether {
    @TempDir Path folder;

    @Test
    void twoRanksTrainOneNetwork() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), List.of("red", "green"), 12);
        String address = "127.0.0.1:" + freePort();
        Path out = folder.resolve("run");
        CompletableFuture<Run> other =
                CompletableFuture.supplyAsync(
                        () -> rank(data, folder.resolve("other"), 1, address, "--json"));
        Run first = rank(data, out, 0, address, "--json");
        Run second = other.join();

        assertThat(first.json().get("agreement").asObject().get("holds").asBoolean()).isTrue();
        assertThat(second.json().get("rank").asInt()).isEqualTo(1);
        assertThat(second.json().get("epochs").asInt()).isEqualTo(2);
        assertThat(out.resolve("plain.safetensors")).isNotEmptyFile();
        assertThat(folder.resolve("other")).doesNotExist();
        assertThat(Files.readString(out.resolve("config.json")))
                .contains("\"processes\": \"2, batch norms over all of them\"");
    }

    @Test
    void nobodyComing() throws IOException {
        Path data = Pictures.classes(folder.resolve("data"), List.of("red", "green"), 12);
        String address = "127.0.0.1:" + freePort();
        Run alone = rank(data, folder.resolve("run"), 1, address, "--timeout=1");

        assertThat(alone.status()).isEqualTo(ExitCode.FAILED);
        assertThat(alone.out()).isEmpty();
        assertThat(alone.err())
                .contains("rank 1 of 2 has waited 1 s for rank 0 at " + address + ": ");
    }

    private static Run rank(Path data, Path out, int rank, String address, String... more) {
        List<String> arguments = new ArrayList<>(List.of("train", "--data=" + data));
        arguments.addAll(List.of("--out=" + out, "--epochs=2", "--recipe=quick", "--threads=1"));
        arguments.addAll(List.of("--widths=8,8,16", "--depths=1,1,1", "--strides=1,2,2"));
        arguments.addAll(List.of("--rank=" + rank, "--world=2", "--rendezvous=" + address));
        arguments.add("--sync-bn");
        arguments.addAll(Arrays.asList(more));
        return Run.repvgg(arguments.toArray(String[]::new));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
