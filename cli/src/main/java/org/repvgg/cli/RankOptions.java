package org.repvgg.cli;

import org.repvgg.train.Ranks;
import org.repvgg.train.Recipe;
import org.repvgg.train.Rendezvous;
import org.repvgg.train.TrainException;
import picocli.CommandLine.Option;

/// Flags for a training in several processes that the user starts.
final class RankOptions extends TogetherOptions implements TrainingVerb.Processes {
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

    @Override
    public int world() {
        return world;
    }

    /// @throws IllegalArgumentException if these are no processes of a training, or not on Linux
    @Override
    public void check(String device, Recipe recipe) {
        Rendezvous.checkSystem();
        Rendezvous _ = where();
        check(world, device, recipe);
    }

    private Rendezvous where() {
        return Rendezvous.of(rank, world, rendezvous, patience());
    }

    @Override
    public Ranks join(Console console) {
        Rendezvous where = where();
        console.note("rank %s of %s: waiting for the others at %s", rank, world, where.address());
        try {
            return where.join(synchronisedNorms);
        } catch (TrainException e) {
            throw new WorkFailed(e, "%s", String.valueOf(e.getMessage()));
        }
    }
}
