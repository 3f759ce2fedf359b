package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.repvgg.format.Json;

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
                "serve . --timeout 0 | repvgg serve: --timeout takes more than 0 to 3600 seconds, not 0.0",
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
                    .contains("cannot listen on 127.0.0.1:" + port, "--port takes another");
        }
    }

    @Test
    void rubbishIsNoNetwork() throws IOException {
        Path rubbish = Files.writeString(folder.resolve("a.safetensors"), "rubbish");
        Run run = Run.repvgg("serve", rubbish.toString(), "--port", "0");
        assertThat(run.status()).isEqualTo(ExitCode.WRONG_INPUT);
        assertThat(run.err().strip()).contains("a.safetensors: too short").doesNotContain("\n");
    }

    @Test
    void servesUntilItIsStopped() throws Exception {
        Path network = folder.resolve("cats/plain.safetensors");
        Files.createDirectories(network.getParent());
        Files.copy(Path.of(Goldens.PLAIN), network);
        assertThat(servedAndStopped("cats", network.toString()))
                .contains("cats, version 1: loaded in", "stopping after what is being answered")
                .doesNotContain("INFO", "Exception");
    }

    @Test
    void servesTheUsualNetworkWhereNoneIsNamed() throws Exception {
        try (MadeZoo zoo = new MadeZoo(folder.resolve("zoo"))) {
            zoo.add("usual", 3, 0.9);
            zoo.add("other", 3, 0.8);
            assertThat(servedAndStopped("usual"))
                    .contains("usual, version 1: loaded in")
                    .doesNotContain("other", "Exception");
        }
    }

    /// What a server that answers for network `name` says on standard error until it is stopped.
    private String servedAndStopped(String name, String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
        command.add("-Drepvgg.zoo=" + System.getProperty("repvgg.zoo"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(List.of("org.repvgg.cli.Main", "serve"));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--port", "0", "--json", "--threads", "1"));
        Process server =
                new ProcessBuilder(command).redirectError(folder.resolve("err").toFile()).start();
        try (BufferedReader out = server.inputReader(StandardCharsets.UTF_8)) {
            StringBuilder json = new StringBuilder();
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                json.append(line).append('\n');
                if (line.equals("}")) {
                    break;
                }
            }
            String address = Json.parse(json.toString()).asObject().get("address").asText();
            assertThat(get(address + "/v2/health/live")).isEqualTo(200);
            for (int i = 0; i < 600 && get(address + "/v2/health/ready") != 200; i++) {
                Thread.sleep(50);
            }
            assertThat(get(address + "/v2/models/" + name + "/ready")).isEqualTo(200);
            server.destroy(); // SIGTERM
            assertThat(server.waitFor(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            server.destroyForcibly();
        }
        return Files.readString(folder.resolve("err"));
    }

    private static int get(String address) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(URI.create(address)).build(),
                            BodyHandlers.discarding())
                    .statusCode();
        }
    }
}
