package org.repvgg.benchmark.serving;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.repvgg.format.Json;

/// A server in a process of its own, which prints its address once it is bound, perhaps as JSON.
public final class ServerProcess implements AutoCloseable {
    private static final Duration LONGEST_START = Duration.ofMinutes(2);

    private final Process process;
    private final BufferedReader out;
    private final URI address;
    private final HttpClient client = HttpClient.newHttpClient();

    private ServerProcess(Process process, BufferedReader out, URI address) {
        this.process = process;
        this.out = out;
        this.address = address;
    }

    /// This JVM as the launcher starts it; see [#builder].
    ///
    /// @param main a class's name
    /// @param arguments of the program
    public static List<String> java(List<String> options, String main, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:+UseParallelGC"));
        command.addAll(List.of("-Djava.awt.headless=true", "-Djava.library.path=target/absent"));
        command.addAll(options);
        command.add(main);
        command.addAll(arguments);
        return command;
    }

    /// With the class path of this JVM, in the environment: ONNX Runtime 1.29 crashes in processes
    /// whose command line is longer than 4 KB.
    static ProcessBuilder builder(List<String> command) {
        var builder = new ProcessBuilder(command);
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        return builder;
    }

    /// `repvgg serve`.
    public static List<String> repvgg(List<String> options, List<String> arguments) {
        List<String> serve = new ArrayList<>(List.of("serve"));
        serve.addAll(arguments);
        return java(options, "org.repvgg.cli.Main", serve);
    }

    /// Starts a server and reads its address; see [#awaitReady].
    ///
    /// @param errors takes its standard error
    /// @throws IOException if it ends before it is bound, with what it said
    public static ServerProcess start(List<String> command, Path errors) throws IOException {
        Process process = builder(command).redirectError(errors.toFile()).start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        String line = out.readLine();
        if (line == null) {
            throw new IOException(
                    "the server ended with status %s: %s"
                            .formatted(ended(process), Files.readString(errors).strip()));
        }
        String address = line.equals("{") ? address(line, out) : line;
        return new ServerProcess(process, out, URI.create(address.strip()));
    }

    private static int ended(Process process) throws IOException {
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            throw new IOException(e);
        }
    }

    private static String address(String start, BufferedReader out) throws IOException {
        StringBuilder json = new StringBuilder(start);
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            json.append(line);
            if (line.equals("}")) {
                break;
            }
        }
        return Json.parse(json.toString()).asObject().get("address").asText();
    }

    /// `http://127.0.0.1:PORT`.
    public URI address() {
        return address;
    }

    /// Waits until it is ready to answer.
    public void awaitReady() throws IOException, InterruptedException {
        long end = System.nanoTime() + LONGEST_START.toNanos();
        while (get("/v2/health/ready").statusCode() != 200) {
            if (System.nanoTime() > end) {
                throw new IOException("not ready after " + LONGEST_START);
            }
            Thread.sleep(20);
        }
    }

    /// Its answer.
    public HttpResponse<String> get(String path) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(address.resolve(path))
                        .timeout(Duration.ofSeconds(30))
                        .build();
        return client.send(request, BodyHandlers.ofString());
    }

    /// What it holds of the machine's memory, as Linux counts it, in bytes.
    public long residentBytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow(() -> new IOException("process " + process.pid() + " has no VmRSS"));
    }

    /// SIGKILL.
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /// SIGTERM.
    ///
    /// @return whether it has ended within half a minute
    public boolean stop() throws InterruptedException {
        process.destroy();
        return process.waitFor(30, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws IOException {
        client.close();
        try {
            if (!stop()) {
                kill();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        out.close();
    }
}
