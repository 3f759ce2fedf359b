package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.repvgg.train.Ranks;
import org.repvgg.train.Recipe;
import org.repvgg.train.RunFolder;
import org.repvgg.train.TrainException;
import org.repvgg.train.cluster.RankCluster;
import org.repvgg.train.cluster.RankEnd;
import org.repvgg.train.cluster.RankJob;
import org.repvgg.train.cluster.RankPlace;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "spark-train",
        header = "Trains as 'train' does, in several processes that Apache Spark starts.",
        description = {
            "Each of N tasks of Spark is a rank: it takes an Nth of every batch, and all add up their"
                    + " gradients. --batch is that of all together and divides by N. All flags of 'train' are"
                    + " taken but --rank, --world and --rendezvous, which Spark knows. Unless"
                    + " --threads is given, a rank has as many as spark.task.cpus says, and in local[N] its"
                    + " share of the N.",
            "Every rank reads data and checkpoints for itself, at the same path on its machine. Rank 0"
                    + " writes OUT, which all machines share: when a rank or a machine is lost, all ranks are"
                    + " started again, wherever there is room, and go on from the last finished epoch in OUT."
        },
        footer = {
            "  repvgg spark-train --data shapes --recipe quick --out runs/two --ranks 2",
            "  repvgg spark-train --data /shared/photos --model A0 --out /shared/runs/a0 --ranks 4 --master"
                    + " spark://big:7077 --conf spark.task.cpus=8 --conf spark.executor.memory=12g",
            "",
            "With spark-submit, for YARN and Kubernetes: docs/spark.md."
        })
final class SparkTrainVerb extends TrainingVerb {
    private static final String USUAL_MASTER = "local[*]";

    @Option(
            names = "--ranks",
            required = true,
            paramLabel = "N",
            description = "How many ranks, at least 2.")
    int ranks;

    @Option(
            names = "--master",
            paramLabel = "MASTER",
            description =
                    "local[N] for N processors of this machine, which the ranks share, or the address of a"
                            + " standalone cluster, spark://HOST:PORT; local[*], all processors, unless"
                            + " given.")
    @Nullable String master;

    @Option(
            names = "--conf",
            paramLabel = "KEY=VALUE",
            description =
                    "A setting of Spark, such as spark.executor.memory=12g. May be given several times.")
    Map<String, String> configuration = new LinkedHashMap<>();

    @Mixin TogetherOptions together = new TogetherOptions();

    @Override
    int run(Console console) throws IOException {
        var job =
                new RankJob(
                        "train " + out,
                        spec.root().commandLine().getParseResult().expandedArgs(),
                        ranks,
                        together.patience(),
                        givenMaster(),
                        configuration);
        check(new Planned(ranks), Runtime.getRuntime().availableProcessors());
        checkOut();
        RankCluster cluster = RankCluster.find().orElseThrow(() -> noSpark("spark-train"));
        RankEnd end;
        try {
            end = cluster.train(job, line -> console.note("%s", line));
        } catch (TrainException e) {
            throw new WorkFailed(e, "%s", String.valueOf(e.getMessage()));
        }
        return report(end, console);
    }

    /// What a verb of Spark's says where its module is missing.
    static UserError noSpark(String verb) {
        return new UserError(
                "Spark is not part of this program: run './repvgg %s' in its source tree, which fetches"
                        + " it, or spark-submit (docs/spark.md)",
                verb);
    }

    /// Null where `spark-submit` has said it.
    private @Nullable String givenMaster() {
        return master == null && System.getProperty("spark.master") == null ? USUAL_MASTER : master;
    }

    /// Another machine would take a relative path for one below a folder of its own.
    private void checkOut() {
        String where = master == null ? System.getProperty("spark.master", USUAL_MASTER) : master;
        if (!where.startsWith("local") && !out.isAbsolute()) {
            throw new UserError(
                    "--out %s is relative, and every machine of %s has another working folder: give it"
                            + " from / on, in a folder that all machines share",
                    out, where);
        }
    }

    private static int report(RankEnd end, Console console) {
        console.out().print(end.result());
        if (end.error().isEmpty()) {
            return end.status();
        }
        throw end.status() == ExitCode.WRONG_INPUT
                ? new UserError("%s", end.error())
                : new WorkFailed(new TrainException(end.error()), "%s", end.error());
    }

    /// Trains as one rank, on the machine where Spark has put it.
    int runAs(RankPlace place, Console console) throws IOException {
        return train(
                new Placed(place, together, out),
                resume || place.isRetry(),
                place.threads(),
                console);
    }

    /// Ranks that are not started yet.
    private record Planned(int world) implements Processes {
        @Override
        public void check(String device, Recipe recipe) {
            TogetherOptions.check(world, device, recipe);
        }

        @Override
        public Ranks join(Console console) {
            throw new IllegalStateException("nobody is there to join");
        }
    }

    private record Placed(RankPlace place, TogetherOptions options, Path out) implements Processes {
        @Override
        public int world() {
            return place.world();
        }

        @Override
        public void check(String device, Recipe recipe) {
            TogetherOptions.check(place.world(), device, recipe);
        }

        /// Rank 0 of ranks that were started again may find the one before it still at work, if
        /// only until that notices that it is cut off.
        @Override
        public Ranks join(Console console) throws IOException {
            if (place.rank() == 0 && place.isRetry()) {
                RunFolder.open(out, options.patience()).close();
            }
            try {
                return place.join(options.patience(), options.synchronisedNorms);
            } catch (TrainException e) {
                throw new WorkFailed(e, "%s", String.valueOf(e.getMessage()));
            }
        }
    }
}
