package org.repvgg.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.repvgg.data.Dataset;
import org.repvgg.data.Datasets;
import org.repvgg.data.LabelledImages;
import org.repvgg.format.AtomicFile;
import org.repvgg.image.Image;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.train.Engines;
import org.repvgg.train.EpochRecord;
import org.repvgg.train.LostRankException;
import org.repvgg.train.Ranks;
import org.repvgg.train.Recipe;
import org.repvgg.train.Rendezvous;
import org.repvgg.train.RunFolder;
import org.repvgg.train.TrainListener;
import org.repvgg.train.Trainer;
import org.repvgg.train.cluster.RankEnd;
import org.repvgg.train.cluster.RankJob;
import org.repvgg.train.cluster.RankPlace;
import org.repvgg.train.cluster.RankProgram;
import org.repvgg.train.torch.ListeningSocket;

/// A small training for the tests of this module, which do not know the command: a tiny network on
/// some of the built-in shapes. Its arguments are the folder and a [Fault]; its result is a line an
/// epoch.
public final class ShapesProgram implements RankProgram {
    static final Duration TIMEOUT = Duration.ofSeconds(60);

    /// The file in which a rank that waits to be killed names its process, beside the folder.
    static final String VICTIM = "victim";

    private static final int EPOCHS = 3;
    private static final int BATCH = 32;
    private static final int TRAIN = 320;
    private static final int TEST = 100;

    /// What goes wrong with rank 1.
    enum Fault {
        NONE,

        /// It finds its input wrong before it meets the others.
        REFUSES,

        /// Its task dies in the second epoch, once.
        DIES,

        /// Its task dies in the first epoch, always.
        ALWAYS_DIES,

        /// Says which process it is in the second epoch, and is slow then: to be killed.
        WAITS
    }

    static List<String> arguments(Path out, Fault fault) {
        return List.of(out.toString(), fault.name());
    }

    /// A driver as `spark-submit` starts it, with two ranks; prints the result.
    public static void main(String[] arguments) {
        var job =
                new RankJob("shapes", List.of(arguments), 2, Duration.ofMinutes(3), null, Map.of());
        RankEnd end = new SparkRanks().train(job, System.err::println);
        System.out.println("result:\n" + end.result() + "status " + end.status());
        System.exit(end.status());
    }

    @Override
    public RankEnd run(List<String> arguments, RankPlace place, Consumer<String> lines) {
        Fault fault = Fault.valueOf(arguments.get(1));
        if (fault == Fault.REFUSES && place.rank() == 1) {
            return new RankEnd(2, "", "no such data", false);
        }
        Path out = Path.of(arguments.getFirst());
        try (Ranks ranks = place.join(TIMEOUT, false)) {
            var listener = new Listener(out, place, fault, lines);
            return new RankEnd(0, train(ranks, out, place.isRetry(), listener), "", false);
        } catch (Killed e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            boolean lost = e.getCause() instanceof LostRankException;
            return new RankEnd(1, "", String.valueOf(e.getMessage()), lost);
        }
    }

    /// What two ranks train that nobody has placed.
    static String withoutSpark(Path out) throws IOException {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ListeningSocket socket = ListeningSocket.open(new InetSocketAddress(loopback, 0))) {
            CompletableFuture<String> other =
                    CompletableFuture.supplyAsync(() -> rank(1, socket, out));
            String result = rank(0, socket, out);
            assertThat(other.join()).isEqualTo(result).hasLineCount(EPOCHS);
            return result;
        }
    }

    private static String rank(int rank, ListeningSocket socket, Path out) {
        var where = new Rendezvous(rank, 2, "127.0.0.1", socket.port(), TIMEOUT);
        try (Ranks ranks = where.join(false, rank == 0 ? socket : null)) {
            return train(ranks, out, false, new TrainListener() {});
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Losses and accuracies of all epochs, to the last digit.
    static String train(Ranks ranks, Path out, boolean resume, TrainListener listener)
            throws IOException {
        Recipe recipe = Recipe.find("quick").orElseThrow().withEpochs(EPOCHS).withBatchSize(BATCH);
        try (Dataset shapes = Datasets.open("shapes")) {
            List<String> names = shapes.train().classNames();
            RepVggSpec spec =
                    RepVggFamily.A0.spec().toBuilder()
                            .name("tiny")
                            .classes(names.size())
                            .widths(List.of(8, 16))
                            .depths(List.of(1, 2))
                            .strides(List.of(2, 2))
                            .build();
            InputSpec input = InputSpec.centred(3, 32, 32).withClassNames(names);
            Dataset few =
                    new Dataset(
                            "few shapes",
                            new First(shapes.train(), TRAIN),
                            new First(shapes.test(), TEST),
                            "few",
                            () -> {});
            var job = new Trainer.Job(InitialWeights.random(spec, input, 3), few, recipe, 7, 1);
            var engines = Engines.of("java", "cpu", "fp32", 1, BATCH / 2);
            if (!ranks.isFirst()) {
                return lines(Trainer.train(job, ranks, engines, null, false, listener).history());
            }
            try (RunFolder folder = RunFolder.open(out, TIMEOUT)) {
                return lines(
                        Trainer.train(job, ranks, engines, folder, resume, listener).history());
            }
        }
    }

    private static String lines(List<EpochRecord> history) {
        return history.stream()
                .map(e -> "%s %s %s\n".formatted(e.epoch(), e.loss(), e.top1()))
                .collect(Collectors.joining());
    }

    /// The first images of a split.
    private record First(LabelledImages all, int size) implements LabelledImages {
        @Override
        public List<String> classNames() {
            return all.classNames();
        }

        @Override
        public int label(int index) {
            return all.label(index);
        }

        @Override
        public String name(int index) {
            return all.name(index);
        }

        @Override
        public Image image(int index) throws IOException {
            return all.image(index);
        }
    }

    /// Stands for whatever ends a task.
    private static final class Killed extends RuntimeException {
        Killed() {
            super("killed");
        }
    }

    private record Listener(Path out, RankPlace place, Fault fault, Consumer<String> lines)
            implements TrainListener {
        @Override
        public void stepDone(int epoch, int step, int steps, double loss, double imagesPerSecond) {
            if (place.rank() == 0) {
                return;
            }
            if (fault == Fault.ALWAYS_DIES
                    || (fault == Fault.DIES && epoch == 2 && !place.isRetry())) {
                throw new Killed();
            }
            if (fault == Fault.WAITS && epoch == 2 && !place.isRetry()) {
                waitToBeKilled();
            }
        }

        private void waitToBeKilled() {
            try {
                String process = Long.toString(ProcessHandle.current().pid());
                AtomicFile.write(
                        out.resolveSibling(VICTIM), process.getBytes(StandardCharsets.UTF_8));
                Thread.sleep(TIMEOUT);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void epochDone(EpochRecord epoch, int epochs, double etaSeconds) {
            lines.accept("epoch " + epoch.epoch());
        }
    }
}
