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
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.repvgg.format.Json;
import org.repvgg.train.TrainException;
import org.repvgg.train.cluster.RankEnd;
import org.repvgg.train.cluster.RankPlace;
import org.repvgg.train.cluster.RankProgram;

/// What the verb checks before Spark, and what a rank does wherever it is put; the module `spark`
/// tests the putting.
final class TestSparkTrain {
    private static final List<String> CLASSES = List.of("red", "green");

    @TempDir Path folder;
    private final List<String> lines = new CopyOnWriteArrayList<>();

    /// A place in this process.
    private record Seat(int rank, boolean isRetry, CompletableFuture<String> first)
            implements RankPlace {
        @Override
        public int world() {
            return 2;
        }

        @Override
        public String host() {
            return "127.0.0.1";
        }

        @Override
        public int threads() {
            return 1;
        }

        @Override
        public String meet(String own) {
            if (rank == 0) {
                first.complete(own);
            }
            String told = first.join();
            if (told.startsWith("-")) {
                throw new TrainException("rank 0 cannot begin: " + told.substring(1));
            }
            return told;
        }
    }

    private List<String> flags(String... more) throws IOException {
        Path data = folder.resolve("data");
        if (!Files.exists(data)) {
            Pictures.classes(data, CLASSES, 12);
        }
        List<String> flags = new ArrayList<>(List.of("--data=" + data, "--epochs=2"));
        flags.addAll(List.of("--recipe=quick", "--seed=5"));
        flags.addAll(List.of("--widths=8,8,16", "--depths=1,1,1", "--strides=1,2,2"));
        flags.addAll(Arrays.asList(more));
        return flags;
    }

    /// Both ends of a training of two ranks.
    private List<RankEnd> ranks(boolean retry, List<String> flags) {
        List<String> arguments = new ArrayList<>(List.of("spark-train"));
        arguments.addAll(flags);
        RankProgram program = RankProgram.find().orElseThrow();
        var address = new CompletableFuture<String>();
        CompletableFuture<RankEnd> other =
                CompletableFuture.supplyAsync(
                        () -> program.run(arguments, new Seat(1, retry, address), _ -> {}));
        RankEnd first = program.run(arguments, new Seat(0, retry, address), lines::add);
        address.complete("-" + first.error()); // does nothing where they have met
        return List.of(first, other.join());
    }

    @Test
    void testRanksTrainAsThoseOfTrainDoAndGoOnWhenStartedAgain() throws IOException {
        Path placed = folder.resolve("placed");
        List<String> flags = flags("--out=" + placed, "--ranks=2", "--conf=a.b=c", "--json");
        List<RankEnd> ends = ranks(false, flags);

        assertThat(ends).extracting(RankEnd::status).as(ends + " " + lines).containsOnly(0);
        Json.Object result = Json.parse(ends.getFirst().result()).asObject();
        assertThat(result.get("agreement").asObject().get("holds").asBoolean()).isTrue();
        assertThat(lines).anyMatch(line -> line.startsWith("epoch 2/2  loss "));
        assertThat(lines).anyMatch(line -> line.endsWith("1 thread"));
        assertThat(Files.readString(placed.resolve("report.html")))
                .contains("repvgg spark-train --data=");

        Path started = folder.resolve("started");
        together(started);
        assertThat(losses(placed)).hasSize(2).isEqualTo(losses(started));

        lines.clear();
        assertThat(ranks(true, flags)).extracting(RankEnd::status).containsOnly(0);
        assertThat(lines).anyMatch(line -> line.startsWith("all 2 epochs are done already"));
        assertThat(ranks(false, flags).getFirst().error()).contains("holds a training already");
    }

    /// `train`, twice.
    private void together(Path out) throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        List<String> common =
                flags("--out=" + out, "--world=2", "--rendezvous=127.0.0.1:" + port, "--threads=1");
        CompletableFuture<Run> other = CompletableFuture.supplyAsync(() -> train(common, 1));
        Run first = train(common, 0);
        assertThat(first.status()).as(first.err()).isZero();
        assertThat(other.join().status()).isZero();
    }

    private static Run train(List<String> flags, int rank) {
        List<String> arguments = new ArrayList<>(List.of("train", "--rank=" + rank));
        arguments.addAll(flags);
        return Run.repvgg(arguments.toArray(String[]::new));
    }

    /// Epoch, loss, accuracy and learning rate of every line of the history.
    private static List<List<String>> losses(Path out) throws IOException {
        return Files.readAllLines(out.resolve("history.csv")).stream()
                .skip(1)
                .map(line -> List.of(line.split(",")).subList(0, 4))
                .toList();
    }

    @Test
    void testARankWithoutDataSaysSoBeforeItMeetsTheOthers() throws IOException {
        List<String> flags = new ArrayList<>(flags("--out=" + folder.resolve("out"), "--ranks=2"));
        flags.set(0, "--data=" + folder.resolve("gone"));
        List<RankEnd> ends = ranks(false, flags);

        assertThat(ends.getFirst().status()).isEqualTo(ExitCode.WRONG_INPUT);
        assertThat(ends.getFirst().error()).contains("gone").hasLineCount(1);
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test
    void testWithoutSparkOneLineSaysHowToGetIt() {
        Run run = Run.repvgg("spark-train", "--data=shapes", "--out=out", "--ranks=2");

        assertThat(run.refusal(ExitCode.WRONG_INPUT))
                .startsWith("repvgg spark-train: Spark is not part of this program")
                .contains("./repvgg spark-train", "spark-submit", "docs/spark.md");
    }

    @ParameterizedTest
    @CsvSource({
        "--ranks=2 --rank=0, unknown flag '--rank'",
        "--ranks=2 --world=2, unknown flag '--world'",
        "--ranks=2 --rendezvous=a:1, unknown flag '--rendezvous'",
        "--epochs=2, missing required option: '--ranks=N'",
        "--ranks=1, '--ranks must be at least 2, not 1: ''repvgg train'''",
        "--ranks=2 --timeout=0, '--timeout must be at least 1 s'",
        "--ranks=3 --batch=128, 'a batch of 128 images does not divide among 3 processes'",
        "--ranks=2 --device=cuda, 'several processes train on the cpu, --device is cuda'",
        "--ranks=2 --recipe=slow, 'unknown recipe ''slow'''",
        "--ranks=2 --engine=rust, 'unknown engine ''rust'''",
        "--ranks=2 --master=spark://big:7077, '--out out is relative'",
    })
    void testWrongFlagsAreRefusedBeforeAnythingIsStarted(String flags, String line) {
        List<String> arguments = new ArrayList<>(List.of("spark-train", "--data=shapes"));
        arguments.add("--out=out");
        arguments.addAll(List.of(flags.split(" ")));

        assertThat(Run.repvgg(arguments.toArray(String[]::new)).refusal(ExitCode.WRONG_INPUT))
                .startsWith("repvgg spark-train: ")
                .contains(line);
    }
}
