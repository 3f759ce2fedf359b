package org.repvgg.cli;

import java.io.Closeable;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.Json;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.serve.InferenceServer;
import org.repvgg.serve.ServeOptions;
import org.repvgg.serve.ServingMetrics;
import org.repvgg.serve.TlsFiles;
import org.repvgg.serve.inference.BatchOptions;
import org.repvgg.serve.inference.ModelReader;
import org.repvgg.serve.inference.ModelRepository;
import org.repvgg.serve.inference.ModelSource;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "serve",
        header = "Answers over HTTP: tensors, photos, and a page to look at.",
        description =
                "Speaks the Open Inference Protocol (KServe, Triton) below /v2, takes photos at /v1/classify, shows a page"
                        + " at /, and tells Prometheus at /metrics; /openapi.yaml describes it all. Networks run in"
                        + " their plain form. A file that changes is loaded again; one that cannot be loaded"
                        + " leaves the network that was there. Ctrl-C stops after what is being answered.%n"
                        + "Without M, the trained network that 'repvgg models' marks is served.",
        footer = {
            "  repvgg serve",
            "  repvgg serve runs/photos/plain.safetensors",
            "  repvgg serve cats=cats.safetensors dogs=dogs.safetensors --port 9000",
            "  repvgg serve models/ --host 0.0.0.0 --token-file token",
            "  curl --data-binary @cat.jpg http://127.0.0.1:8080/v1/classify"
        })
final class ServeVerb extends Verb {
    /// Longest time that loading runs a network until Java has compiled it.
    private static final Duration WARM_UP = Duration.ofSeconds(2);

    /// Longest time that a server with nothing to answer with is kept.
    private static final Duration LONGEST_START = Duration.ofHours(1);

    /// Seconds. With the time for a body, it stays below that after which the server gives a
    /// connection up, five minutes.
    private static final int LONGEST_TIMEOUT = 240;

    private static final String NO_LOG = "none";

    /// It would tell of every start. Kept here, for loggers that nobody holds forget their level.
    private static final Logger HELIDON = Logger.getLogger("io.helidon");

    @Parameters(
            index = "0..*",
            arity = "0..*",
            paramLabel = "M",
            description =
                    "A checkpoint of either form, perhaps as NAME=FILE, the name of a trained network ('repvgg"
                            + " models' lists them), or a folder of networks as Triton has them:"
                            + " NAME/VERSION/FILE.",
            completionCandidates = Candidates.Trained.class)
    List<String> networks = new ArrayList<>();

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            defaultValue = "127.0.0.1",
            description =
                    "Listen there; 127.0.0.1, this machine alone, unless given. 0.0.0.0 is everywhere.")
    String host = "";

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "8080",
            description = "Listen on this port; 8080 unless given, 0 for any that is free.")
    int port;

    @Option(
            names = "--reload",
            paramLabel = "S",
            defaultValue = "2",
            description =
                    "Look every S seconds whether files have changed; 2 unless given, 0 for never.")
    double reload;

    @Option(
            names = "--access-log",
            paramLabel = "FILE|-|none",
            defaultValue = NO_LOG,
            description =
                    "Write a line of JSON for every request there, '-' for standard error; none unless given.")
    String accessLog = "";

    @Mixin ThreadOption threads = new ThreadOption();

    @ArgGroup(validate = false, heading = "%nBatches, for each network:%n")
    BatchFlags batches = new BatchFlags();

    static final class BatchFlags {
        @Option(
                names = "--max-batch",
                paramLabel = "N",
                description = "Take at most N images into a pass; 16 unless given.")
        int batch = BatchOptions.defaults().batch();

        @Option(
                names = "--max-delay",
                paramLabel = "MS",
                description =
                        "Under load, let a batch wait that long for more images, though no longer than one takes"
                                + " to be computed; 2 unless given.")
        double delay = BatchOptions.defaults().delay().toMillis();

        @Option(
                names = "--queue",
                paramLabel = "N",
                description =
                        "Let at most N images wait; what exceeds that is answered by 503. 128 unless given.")
        int queue = BatchOptions.defaults().queue();

        @Option(
                names = "--timeout",
                paramLabel = "S",
                description = "Answer within S seconds or by 503; 10 unless given.")
        double timeout = BatchOptions.defaults().timeout().toSeconds();
    }

    @ArgGroup(validate = false, heading = "%nWho and what gets in:%n")
    AccessFlags access = new AccessFlags();

    static final class AccessFlags {
        @Option(
                names = "--token-file",
                paramLabel = "FILE",
                description =
                        "Want the token in this file from every caller, as 'Authorization: Bearer TOKEN'.")
        @Nullable Path token;

        @Option(
                names = "--tls-cert",
                paramLabel = "FILE",
                description = "Speak HTTPS with this certificate (PEM, with its chain).")
        @Nullable Path certificate;

        @Option(
                names = "--tls-key",
                paramLabel = "FILE",
                description = "The certificate's private key (PEM, not encrypted).")
        @Nullable Path key;

        @Option(
                names = "--cors",
                paramLabel = "ORIGIN",
                description = "Let pages of this origin call, '*' for all; none unless given.")
        @Nullable String origin;

        @Option(
                names = "--max-body",
                paramLabel = "MB",
                description = "Take bodies of at most that size; 64 unless given.")
        int megabytes = (int) (ServeOptions.DEFAULT_BODY_LIMIT >> 20);
    }

    @ArgGroup(validate = false, heading = WeightOptions.HEADING)
    WeightOptions weights = new WeightOptions();

    @Override
    int run(Console console) throws IOException {
        List<ModelSource> sources =
                networks.isEmpty() ? ServedFiles.usual() : ServedFiles.sources(networks);
        ServeOptions options = options();
        BatchOptions batchOptions = batchOptions();
        if (!(reload >= 0 && reload <= 86_400)) {
            throw new UserError("--reload takes 0 to 86400 seconds, not %s", reload);
        }
        HELIDON.setLevel(Level.WARNING);
        var metrics = new ServingMetrics();
        var notes = new ServingNotes(console, metrics);
        try (metrics;
                Log log = log(console);
                var models =
                        ModelRepository.open(
                                sources,
                                file -> ModelReader.plain(weights.read(file.toString())),
                                new RuntimeOptions(threads.threads()).withWarmUp(WARM_UP),
                                batchOptions,
                                notes,
                                millis(1000 * reload));
                var server = start(console, options, models, metrics, log)) {
            say(console, server);
            boolean ready = models.awaitReady(LONGEST_START);
            List<String> refused = notes.begin();
            if (!ready && sources.stream().allMatch(ModelSource.OneFile.class::isInstance)) {
                throw new UserError(
                        "%s",
                        refused.isEmpty()
                                ? "no network could be loaded"
                                : String.join("; ", refused));
            }
            refused.forEach(reason -> console.note("%s", reason));
            untilStopped(console, models, server);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closing does the rest
        }
        return ExitCode.DONE;
    }

    private void say(Console console, InferenceServer server) {
        if (json) {
            console.result(Json.object().put("address", server.address()).build());
        } else {
            console.result("%s", server.address());
        }
        console.out().flush();
    }

    /// Ctrl-C and SIGTERM end the JVM, as soon as this has answered what was being answered.
    private static void untilStopped(
            Console console, ModelRepository models, InferenceServer server)
            throws InterruptedException {
        Runnable stop =
                () -> {
                    console.note("stopping after what is being answered");
                    server.close();
                    models.close();
                };
        Runtime.getRuntime().addShutdownHook(new Thread(stop, "stop"));
        new CountDownLatch(1).await();
    }

    private InferenceServer start(
            Console console,
            ServeOptions options,
            ModelRepository models,
            ServingMetrics metrics,
            Log log)
            throws IOException {
        try {
            return InferenceServer.start(
                    options,
                    models,
                    metrics,
                    engine(),
                    VersionProvider.version(),
                    log.lines(),
                    failure -> failed(console, failure));
        } catch (BindException e) {
            throw new WorkFailed(
                    e,
                    "%s; --host and --port take others, port 0 is any that is free",
                    ErrorLine.describe(e));
        }
    }

    private void failed(Console console, Throwable failure) {
        console.note("a request failed: %s", failure);
        if (debug) {
            failure.printStackTrace(console.err());
        }
    }

    private String engine() {
        int number = threads.threads();
        return "plain runtime, %s thread%s".formatted(number, number == 1 ? "" : "s");
    }

    private ServeOptions options() throws IOException {
        if (port < 0 || port > 65535) {
            throw new UserError("--port takes 0 to 65535, not %s", port);
        }
        if (access.megabytes < 1 || access.megabytes > 2047) {
            throw new UserError("--max-body takes 1 to 2047 MB, not %s", access.megabytes);
        }
        if ((access.certificate == null) != (access.key == null)) {
            throw new UserError("--tls-cert and --tls-key go together");
        }
        ServeOptions local = ServeOptions.local(port);
        long body = (long) access.megabytes << 20;
        if (body > local.bodyMemory()) {
            throw new UserError(
                    "--max-body %s MB is more than a quarter of the heap, %s: give more with"
                            + " REPVGG_OPTS=-Xmx8g",
                    access.megabytes, Numbers.megabytes(local.bodyMemory()));
        }
        return new ServeOptions(
                host,
                port,
                token(),
                access.certificate == null || access.key == null
                        ? Optional.empty()
                        : Optional.of(
                                new TlsFiles(readable(access.certificate), readable(access.key))),
                Optional.ofNullable(access.origin),
                body,
                local.bodyMemory(),
                local.pixelLimit(),
                local.bodyTimeout(),
                local.drain());
    }

    private Optional<String> token() throws IOException {
        if (access.token == null) {
            return Optional.empty();
        }
        String token = Files.readString(readable(access.token), StandardCharsets.UTF_8).strip();
        if (token.isEmpty() || token.chars().anyMatch(c -> c <= ' ' || c > '~')) {
            throw new UserError(
                    "%s: a token is one line of printable characters without spaces", access.token);
        }
        return Optional.of(token);
    }

    private static Path readable(Path file) {
        if (!Files.isReadable(file)) {
            throw new UserError("%s: no such file, or it may not be read", file);
        }
        return file;
    }

    private BatchOptions batchOptions() {
        if (!(batches.delay >= 0 && batches.delay <= 10_000)) {
            throw new UserError("--max-delay takes 0 to 10000 ms, not %s", batches.delay);
        }
        if (!(batches.timeout > 0 && batches.timeout <= LONGEST_TIMEOUT)) {
            throw new UserError(
                    "--timeout takes more than 0 to %s seconds, not %s",
                    LONGEST_TIMEOUT, batches.timeout);
        }
        if (batches.batch < 1 || batches.batch > 4096) {
            throw new UserError("--max-batch takes 1 to 4096, not %s", batches.batch);
        }
        if (batches.queue < 1) {
            throw new UserError("--queue must be at least 1, not %s", batches.queue);
        }
        return new BatchOptions(
                batches.batch,
                millis(batches.delay),
                batches.queue,
                millis(1000 * batches.timeout));
    }

    private static Duration millis(double value) {
        return Duration.ofNanos(Math.round(1e6 * value));
    }

    /// Takes lines from many threads; closing it leaves standard error open.
    private Log log(Console console) throws IOException {
        return switch (accessLog) {
            case NO_LOG -> new Log(_ -> {}, () -> {});
            case "-" -> new Log(line -> console.note("%s", line), () -> {});
            default -> {
                var file =
                        new PrintWriter(
                                Files.newBufferedWriter(
                                        Path.of(accessLog),
                                        StandardOpenOption.CREATE,
                                        StandardOpenOption.APPEND),
                                true);
                yield new Log(file::println, file);
            }
        };
    }

    private record Log(Consumer<String> lines, Closeable file) implements Closeable {
        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
