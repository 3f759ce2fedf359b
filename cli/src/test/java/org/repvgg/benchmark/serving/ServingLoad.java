package org.repvgg.benchmark.serving;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.repvgg.benchmark.serving.OpenLoop.Arrivals;
import org.repvgg.format.Json;

/// Measures `repvgg serve` with one thread, in a process of its own:
///
/// - `saturation.csv`: answers a second when more is asked than it can answer, beside `repvgg
///   benchmark` at the batch that the server forms, and beside ONNX Runtime ([OnnxServer])
/// - `half-load.csv`: latency when half of that is asked, beside that of a single caller
/// - `overload.csv`: when four times as much is asked, with `overload-memory.csv` and
///   `overload-recovery.csv`
///
/// `docs/results/serving/serving.sh` starts it. The server has the first processor; this program,
/// and with it `wrk`, is to be started on the second. Where a file says that the server has both,
/// it shares the second one with those who ask.
final class ServingLoad {
    private static final String FIRST = "0";
    private static final String BOTH = "0,1";

    /// Twice what a batch takes: while one is computed, the next one gathers.
    private static final int CONNECTIONS = 32;

    private static final int MOST_CONNECTIONS = 2000;
    private static final double OVERLOAD = 4;

    /// The queue under overload, as seconds of computing.
    private static final double QUEUE_SECONDS = 0.5;

    /// After an overload: one question every 50 ms, for so many seconds.
    private static final int AFTERWARDS = 5;

    private static final double AFTERWARDS_RATE = 20;

    private final Path work;
    private final int seconds;
    private final List<Networks> networks;
    private final Wrk wrk;
    private final Csv saturation;
    private final Csv halfLoad;
    private final Csv overload;
    private final Csv memory;
    private final Csv recovery;

    private ServingLoad(Path work, Path out, Path script, int seconds, List<Networks> networks)
            throws IOException {
        this.work = work;
        this.seconds = seconds;
        this.networks = networks;
        this.wrk = new Wrk(script, work);
        this.saturation =
                new Csv(
                        out.resolve("saturation.csv"),
                        "network,question,server,processors,connections,answers/s,p50 ms,p99 ms,"
                                + "200,503,other status,broken,images a pass,"
                                + "benchmark images/s,share of benchmark,repvgg serve/this");
        this.halfLoad =
                new Csv(
                        out.resolve("half-load.csv"),
                        "network,question,arrivals,asked/s,due,200,503,other,not asked,p50 ms,p99 ms,"
                                + "slowest ms,single p50 ms,p99/single");
        this.overload =
                new Csv(
                        out.resolve("overload.csv"),
                        "network,question,asked/s,seconds,queue,due,200,503,other,not asked,200/s,p50 ms,"
                                + "p99 ms,heap floor early MB,heap floor late MB,resident early MB,"
                                + "resident late MB,recovered after s");
        this.memory =
                new Csv(
                        out.resolve("overload-memory.csv"),
                        "seconds,resident MB,heap MB,waiting images");
        this.recovery = new Csv(out.resolve("overload-recovery.csv"), "seconds after,status,ms");
    }

    /// @param arguments a folder for files on the way, one for the results, `post.lua`, how many
    ///   seconds the overload takes (all else takes about as long again), and perhaps which
    ///   [Networks], of which the first is overloaded
    public static void main(String[] arguments) throws IOException, InterruptedException {
        List<Networks> networks =
                arguments.length > 4
                        ? Arrays.stream(arguments).skip(4).map(Networks::valueOf).toList()
                        : List.of(Networks.values());
        new ServingLoad(
                        Path.of(arguments[0]),
                        Path.of(arguments[1]),
                        Path.of(arguments[2]),
                        Integer.parseInt(arguments[3]),
                        networks)
                .run();
    }

    private void run() throws IOException, InterruptedException {
        for (Networks network : networks) {
            Networks.Files files = network.write(work);
            for (Question question : network.questions()) {
                for (String processors : List.of(FIRST, BOTH)) {
                    measure(new Case(network, files, question, processors));
                }
            }
        }
    }

    private record Case(
            Networks network, Networks.Files files, Question question, String processors) {
        @Override
        public String toString() {
            return "%s, %s, processors %s".formatted(network.title(), question.name(), processors);
        }
    }

    private int runSeconds() {
        return Math.max(2, seconds / 40);
    }

    private int warmUpSeconds() {
        return Math.max(2, seconds / 120);
    }

    private void measure(Case one) throws IOException, InterruptedException {
        System.err.println(one);
        Wrk.Result ours;
        double batch;
        Wrk.Result single = null;
        try (ServerProcess server = start(one, List.of())) {
            wrk.run(server.address(), one.question, CONNECTIONS, warmUpSeconds());
            ServerMetrics before = ServerMetrics.of(server);
            ours = wrk.run(server.address(), one.question, CONNECTIONS, runSeconds()).answered();
            batch = ServerMetrics.of(server).batchSince(before);
            if (one.processors.equals(FIRST)) {
                single = wrk.run(server.address(), one.question, 1, warmUpSeconds()).answered();
                for (Arrivals arrivals : Arrivals.values()) {
                    halfLoad(one, server, ours.perSecond() / 2, arrivals, single.p50Millis());
                }
            }
        }
        double alone = benchmark(one, Math.max(1, (int) Math.round(batch)));
        saturation.row(
                saturated(one, "repvgg serve", ours),
                "%.1f,%.1f,%.3f,1.00".formatted(batch, alone, ours.perSecond() / alone));
        try (ServerProcess onnx = startOnnx(one)) {
            wrk.run(onnx.address(), one.question, CONNECTIONS, warmUpSeconds());
            Wrk.Result theirs =
                    wrk.run(onnx.address(), one.question, CONNECTIONS, runSeconds()).answered();
            saturation.row(
                    saturated(one, "ONNX Runtime", theirs),
                    "1.0,,,%.2f".formatted(ours.perSecond() / theirs.perSecond()));
        }
        if (single != null
                && one.network == networks.getFirst()
                && one.question.name().equals("photo")) {
            overload(one, ours.perSecond(), single.p50Millis());
        }
    }

    private static String saturated(Case one, String server, Wrk.Result result) {
        return "%s,%s,%s,%s,%s,%.1f,%.2f,%.2f,%s,%s,%s,%s"
                .formatted(
                        one.network.title(),
                        one.question.name(),
                        server,
                        one.processors.replace(',', '+'),
                        CONNECTIONS,
                        result.perSecond(),
                        result.p50Millis(),
                        result.p99Millis(),
                        result.ok(),
                        result.refused(),
                        result.otherStatuses(),
                        result.errors());
    }

    private void halfLoad(
            Case one, ServerProcess server, double rate, Arrivals arrivals, double single)
            throws IOException {
        var loop =
                new OpenLoop(
                        server.address(), one.question.request(server.address()), MOST_CONNECTIONS);
        OpenLoop.Result result =
                loop.run(OpenLoop.schedule(arrivals, rate, Duration.ofSeconds(runSeconds()), 1));
        double p99 = result.percentileMillis(99);
        halfLoad.row(
                "%s,%s,%s,%.1f,%s"
                        .formatted(
                                one.network.title(),
                                one.question.name(),
                                arrivals.name().toLowerCase(Locale.ROOT),
                                rate,
                                counts(result)),
                "%.2f,%.2f,%.2f,%.2f,%.2f"
                        .formatted(
                                result.percentileMillis(50),
                                p99,
                                result.percentileMillis(100),
                                single,
                                p99 / single));
    }

    private static String counts(OpenLoop.Result result) {
        return "%s,%s,%s,%s,%s"
                .formatted(
                        result.statuses().length,
                        result.count(200),
                        result.count(503),
                        result.otherwise(),
                        result.count(OpenLoop.NOT_ASKED));
    }

    /// As many images wait as are computed in half a second, so that it is over soon.
    private void overload(Case one, double capacity, double single)
            throws IOException, InterruptedException {
        System.err.println("overload");
        int queue = Math.max(16, (int) Math.round(QUEUE_SECONDS * capacity));
        double rate = OVERLOAD * capacity;
        long[] during = OpenLoop.schedule(Arrivals.RANDOM, rate, Duration.ofSeconds(seconds), 1);
        long[] after =
                OpenLoop.schedule(
                        Arrivals.STEADY, AFTERWARDS_RATE, Duration.ofSeconds(AFTERWARDS), 1);
        try (ServerProcess server = start(one, List.of("--queue", Integer.toString(queue)))) {
            wrk.run(server.address(), one.question, CONNECTIONS, warmUpSeconds());
            var loop =
                    new OpenLoop(
                            server.address(),
                            one.question.request(server.address()),
                            MOST_CONNECTIONS);
            Duration period = Duration.ofMillis(Math.max(200, 1000L * seconds / 120));
            try (MemorySamples samples = MemorySamples.begin(server, period)) {
                OpenLoop.Result all = loop.run(joined(during, after, seconds * 1_000_000_000L));
                OpenLoop.Result result = all.part(0, during.length);
                OpenLoop.Result rest = all.part(during.length, all.statuses().length);
                overload.row(
                        "%s,%s,%.1f,%s,%s,%s"
                                .formatted(
                                        one.network.title(),
                                        one.question.name(),
                                        rate,
                                        seconds,
                                        queue,
                                        counts(result)),
                        "%.1f,%.2f,%.2f"
                                .formatted(
                                        result.count(200) / (double) seconds,
                                        result.percentileMillis(50),
                                        result.percentileMillis(99)),
                        "%.0f,%.0f,%.0f,%.0f,%.2f"
                                .formatted(
                                        samples.least(MemorySamples.Sample::heap, 0.1, 0.3),
                                        samples.least(MemorySamples.Sample::heap, 0.8, 1),
                                        samples.least(MemorySamples.Sample::resident, 0.1, 0.3),
                                        samples.least(MemorySamples.Sample::resident, 0.8, 1),
                                        recovered(rest, 2 * single)));
                for (MemorySamples.Sample sample : samples.all()) {
                    memory.row(
                            "%.1f,%.0f,%.0f,%.0f"
                                    .formatted(
                                            sample.seconds(),
                                            sample.resident(),
                                            sample.heap(),
                                            sample.waitingImages()));
                }
                for (int i = 0; i < after.length; i++) {
                    recovery.row(
                            "%.2f,%s,%.2f"
                                    .formatted(
                                            after[i] / 1e9,
                                            rest.statuses()[i],
                                            rest.nanos()[i] / 1e6));
                }
            }
        }
    }

    private static long[] joined(long[] first, long[] second, long gap) {
        long[] all = new long[first.length + second.length];
        long last = first.length == 0 ? gap : Math.max(gap, first[first.length - 1]);
        System.arraycopy(first, 0, all, 0, first.length);
        for (int i = 0; i < second.length; i++) {
            all[first.length + i] = last + second[i];
        }
        return all;
    }

    /// Seconds until half a second begins in which all are answered, and half of them fast enough;
    /// NaN if none does.
    private static double recovered(OpenLoop.Result rest, double millis) {
        int window = (int) (AFTERWARDS_RATE / 2);
        for (int from = 0; from + window <= rest.statuses().length; from++) {
            OpenLoop.Result part = rest.part(from, from + window);
            if (part.count(200) == window && part.percentileMillis(50) <= millis) {
                return from / AFTERWARDS_RATE;
            }
        }
        return Double.NaN;
    }

    private ServerProcess start(Case one, List<String> more)
            throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>();
        arguments.add(one.network.title() + "=" + one.files.plain());
        arguments.addAll(List.of("--port", "0", "--threads", "1", "--reload", "0"));
        arguments.addAll(more);
        return ready(pinned(one.processors, ServerProcess.repvgg(heap(), arguments)));
    }

    private ServerProcess startOnnx(Case one) throws IOException, InterruptedException {
        List<String> arguments =
                List.of(one.files.onnx().toString(), one.files.plain().toString(), "1");
        return ready(
                pinned(
                        one.processors,
                        ServerProcess.java(heap(), OnnxServer.class.getName(), arguments)));
    }

    private ServerProcess ready(List<String> command) throws IOException, InterruptedException {
        ServerProcess server = ServerProcess.start(command, work.resolve("server.log"));
        server.awaitReady();
        return server;
    }

    /// Images a second of `repvgg benchmark`, on the same processors.
    private double benchmark(Case one, int batch) throws IOException, InterruptedException {
        String input =
                "%sx%sx%sx%s"
                        .formatted(
                                batch,
                                one.network.input().channels(),
                                one.network.input().height(),
                                one.network.input().width());
        List<String> arguments =
                List.of(
                        "benchmark",
                        one.files.plain().toString(),
                        "--input",
                        input,
                        "--threads",
                        "1",
                        "--versus",
                        "none",
                        "--json");
        Process process =
                ServerProcess.builder(
                                pinned(
                                        one.processors,
                                        ServerProcess.java(
                                                heap(), "org.repvgg.cli.Main", arguments)))
                        .redirectError(work.resolve("benchmark.log").toFile())
                        .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("repvgg benchmark failed: see " + work.resolve("benchmark.log"));
        }
        Json measurements = Json.parse(said).asObject().get("measurements");
        return measurements.asList().getFirst().asObject().get("imagesPerSecond").asDouble();
    }

    /// A quarter of it is for bodies; leaks would fill it within minutes.
    private static List<String> heap() {
        return List.of("-Xmx2g");
    }

    private static List<String> pinned(String processors, List<String> command) {
        List<String> pinned = new ArrayList<>(List.of("taskset", "-c", processors));
        pinned.addAll(command);
        return pinned;
    }
}
