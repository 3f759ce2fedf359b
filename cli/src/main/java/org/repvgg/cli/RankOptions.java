package org.repvgg.cli;

import java.time.Duration;
import org.repvgg.train.Ranks;
import org.repvgg.train.Recipe;
import org.repvgg.train.Rendezvous;
import org.repvgg.train.TrainException;
import picocli.CommandLine.Option;

/// Flags for a training in several processes.
final class RankOptions {
    static final String HEADING =
            "%nTrain with several processes, the same command in each, on one machine or several:%n";

    @Option(
            names = "--rank",
            required = true,
            paramLabel = "R",
            description =
                    "The number of this process, from 0. Rank 0 evaluates and writes OUT, and only it reads OUT"
                            + " with --resume.")
    int rank;

    @Option(
            names = "--world",
            required = true,
            paramLabel = "N",
            description =
                    "How many processes there are. Each takes an Nth of every batch; --batch is that of all"
                            + " together and divides by N.")
    int world;

    @Option(
            names = "--rendezvous",
            required = true,
            paramLabel = "HOST:PORT",
            description = "Where rank 0 listens and the others come: an address of its machine.")
    String rendezvous = "";

    @Option(
            names = "--timeout",
            paramLabel = "S",
            defaultValue = "60",
            description =
                    "Give up after S seconds without a word of another process; 60 unless given.")
    int timeout = 60;

    @Option(
            names = "--sync-bn",
            description =
                    "Normalise by the statistics of the whole batch, as one process would, not by those of each"
                            + " process's part; Java engine only.")
    boolean synchronisedNorms;

    /// Where to meet.
    ///
    /// @throws IllegalArgumentException if these are no processes of a training, or
    ///   not on Linux
    Rendezvous where(String device, Recipe recipe) {
        Rendezvous.checkSystem();
        Rendezvous where = Rendezvous.of(rank, world, rendezvous, Duration.ofSeconds(timeout));
        if (!device.equalsIgnoreCase("cpu")) {
            throw new UserError(
                    "several processes train on the cpu, --device is %s: leave it out, or train in one"
                            + " process",
                    device);
        }
        Ranks.checkShares(recipe, world);
        return where;
    }

    /// Waits for the others.
    Ranks join(Rendezvous where, Console console) {
        console.note("rank %s of %s: waiting for the others at %s", rank, world, where.address());
        try {
            return where.join(synchronisedNorms);
        } catch (TrainException e) {
            throw new WorkFailed(e, "%s", String.valueOf(e.getMessage()));
        }
    }
}
