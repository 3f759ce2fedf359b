package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.repvgg.benchmark.serving.ServerProcess;

@Timeout(120)
final class TestServe {
    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "serve A0 | repvgg serve: A0 is a name without weights: give a checkpoint file, such as the plain.safetensors of a training",
                "serve missing.safetensors | repvgg serve: missing.safetensors: no such file",
                "serve a=missing.safetensors | repvgg serve: missing.safetensors: no such file",
                "serve x=. | repvgg serve: x=.: a folder's networks have their own names; leave out 'x='",
                "serve . --port 70000 | repvgg serve: --port takes 0 to 65535, not 70000",
                "serve . --max-batch 0 | repvgg serve: --max-batch takes 1 to 4096, not 0",
                "serve . --max-delay -1 | repvgg serve: --max-delay takes 0 to 10000 ms, not -1.0",
                "serve . --queue 0 | repvgg serve: --queue must be at least 1, not 0",
                "serve . --timeout 0 | repvgg serve: --timeout takes more than 0 to 240 seconds, not 0.0",
                "serve . --timeout 241 | repvgg serve: --timeout takes more than 0 to 240 seconds, not 241.0",
                "serve . --reload -1 | repvgg serve: --reload takes 0 to 86400 seconds, not -1.0",
                "serve . --max-body 0 | repvgg serve: --max-body takes 1 to 2047 MB, not 0",
                "serve . --tls-cert x | repvgg serve: --tls-cert and --tls-key go together",
                "serve . --token-file missing | repvgg serve: missing: no such file, or it may not be read",
                "serve . --threads 0 | repvgg serve: --threads must be from 1 to 1024, not 0; see 'repvgg serve --help'",
            })
    void slipsAreToldInOneLine(String line, String answer) {
        assertThat(Run.repvgg(line.split(" ")).refusal(ExitCode.WRONG_INPUT)).isEqualTo(answer);
    }

    @Test
    void aTokenIsOneWord() throws IOException {
        Path token = Files.writeString(folder.resolve("token"), "two words");
        assertThat(
                        Run.repvgg("serve", ".", "--token-file", token.toString())
                                .refusal(ExitCode.WRONG_INPUT))
                .contains("one line of printable characters");
    }

    @Test
    void aTakenPortFails() throws IOException {
        try (ServerSocket taken = new ServerSocket(0)) {
            String port = Integer.toString(taken.getLocalPort());
            Run run = Run.repvgg("serve", folder.toString(), "--port", port);
            assertThat(run.refusal(ExitCode.FAILED))
                    .contains("cannot listen on 127.0.0.1:" + port, "port 0 is any that is free");
        }
    }

    @Test
    void anAddressOfAnotherMachineFails() {
        Run run = Run.repvgg("serve", folder.toString(), "--host", "203.0.113.1", "--port", "0");
        assertThat(run.refusal(ExitCode.FAILED))
                .contains("cannot listen on 203.0.113.1:0", "--host and --port take others");
    }

    @Test
    void rubbishIsNoNetwork() throws IOException {
        Path rubbish = Files.writeString(folder.resolve("a.safetensors"), "rubbish");
        Run run = Run.repvgg("serve", rubbish.toString(), "--port", "0");
        assertThat(run.status()).isEqualTo(ExitCode.WRONG_INPUT);
        assertThat(run.err().strip()).contains("a.safetensors: too short").doesNotContain("\n");
    }

    private ServerProcess start(int port, String... more) throws IOException {
        Path network = folder.resolve("cats/plain.safetensors");
        Files.createDirectories(network.getParent());
        Files.copy(Path.of(Goldens.PLAIN), network, StandardCopyOption.REPLACE_EXISTING);
        List<String> arguments = new ArrayList<>(List.of(network.toString(), "--threads", "1"));
        arguments.addAll(List.of("--port", Integer.toString(port)));
        arguments.addAll(List.of(more));
        return start(List.of(), arguments);
    }

    private ServerProcess start(List<String> options, List<String> arguments) throws IOException {
        return ServerProcess.start(ServerProcess.repvgg(options, arguments), folder.resolve("err"));
    }

    @Test
    void servesUntilItIsStopped() throws Exception {
        Path log = folder.resolve("access.log");
        try (ServerProcess server = start(0, "--json", "--access-log", log.toString())) {
            assertThat(server.get("/v2/health/live").statusCode()).isEqualTo(200);
            server.awaitReady();
            assertThat(server.get("/v2/models/cats/ready").statusCode()).isEqualTo(200);
            assertThat(server.stop()).isTrue();
        }
        assertThat(Files.readAllLines(log))
                .last()
                .asString()
                .contains("\"path\":\"/v2/models/cats/ready\"", "\"status\":200");
        assertThat(Files.readString(folder.resolve("err")))
                .contains("cats, version 1: loaded in", "stopping after what is being answered")
                .doesNotContain("INFO", "Exception");
    }

    @Test
    void servesTheUsualNetworkWhereNoneIsNamed() throws Exception {
        try (MadeZoo zoo = new MadeZoo(folder.resolve("zoo"))) {
            zoo.add("usual", 3, 0.9);
            zoo.add("other", 3, 0.8);
            String option = "-Drepvgg.zoo=" + System.getProperty("repvgg.zoo");
            try (ServerProcess server =
                    start(List.of(option), List.of("--port", "0", "--threads", "1"))) {
                server.awaitReady();
                assertThat(server.get("/v2/models/usual/ready").statusCode()).isEqualTo(200);
                assertThat(server.stop()).isTrue();
            }
            assertThat(Files.readString(folder.resolve("err")))
                    .contains("usual, version 1: loaded in")
                    .doesNotContain("other", "Exception");
        }
    }

    @Test
    void comesBackWhereItWasKilled() throws Exception {
        int port;
        try (ServerProcess killed = start(0)) {
            killed.awaitReady();
            port = killed.address().getPort();
            try (Socket caller = new Socket("127.0.0.1", port)) { // in the midst of a request
                caller.getOutputStream()
                        .write(
                                "POST /v1/classify HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"
                                        .getBytes(StandardCharsets.ISO_8859_1));
                killed.kill();
                try (ServerProcess again = start(port)) {
                    assertThat(again.address().getPort()).isEqualTo(port);
                    again.awaitReady();
                    assertThat(again.get("/v2/models/cats/ready").statusCode()).isEqualTo(200);
                }
            }
        }
    }
}
