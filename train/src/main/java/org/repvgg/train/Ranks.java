package org.repvgg.train;

import static org.repvgg.tensor.Checks.checkArgument;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// The processes that train one network together, as one of them sees them: each takes a part of
/// every batch, and all add up their gradients.
///
/// How they were started does not matter: whoever has a [Collective] for each of `world` processes
/// can train with them.
public final class Ranks implements AutoCloseable {
    private final int rank;
    private final int world;
    private final boolean synchronisedNorms;
    private final Collective collective;

    /// @param rank this process's number, from 0
    /// @param world how many there are
    /// @param synchronisedNorms whether batch norms normalise by the statistics of all ranks'
    ///   images, as one process would with the whole batch, and not by those of their own
    /// @param collective closed by [#close]
    public Ranks(int rank, int world, boolean synchronisedNorms, Collective collective) {
        checkArgument(
                world >= 1 && rank >= 0 && rank < world, "rank %s in a world of %s", rank, world);
        this.rank = rank;
        this.world = world;
        this.synchronisedNorms = synchronisedNorms;
        this.collective = collective;
    }

    /// A training in one process.
    public static Ranks alone() {
        return new Ranks(0, 1, false, new Alone());
    }

    /// This process's number.
    public int rank() {
        return rank;
    }

    /// How many processes there are.
    public int world() {
        return world;
    }

    /// Whether this is the process that evaluates and writes.
    public boolean isFirst() {
        return rank == 0;
    }

    /// Whether batch norms normalise by the statistics of all ranks' images.
    public boolean synchronisedNorms() {
        return synchronisedNorms;
    }

    /// `rank 1 of 2`.
    String name() {
        return "rank %s of %s".formatted(rank, world);
    }

    /// For reports, and to tell whether two trainings are the same.
    String text() {
        if (world == 1) {
            return "1";
        }
        return "%s, batch norms %s"
                .formatted(world, synchronisedNorms ? "over all of them" : "of each its own");
    }

    /// Checks that a recipe's batch can be shared out among `world` processes.
    ///
    /// @throws IllegalArgumentException if not, naming both numbers
    public static void checkShares(Recipe recipe, int world) {
        int batch = recipe.batchSize();
        checkArgument(
                batch % world == 0,
                "a batch of %s images does not divide among %s processes: give a --batch that divides by"
                        + " %s",
                batch,
                world,
                world);
        checkArgument(
                world == 1 || batch / world >= 2,
                "a batch of %s images leaves each of %s processes %s, a batch norm needs at least 2",
                batch,
                world,
                batch / world);
    }

    /// `value` of all ranks added up.
    public double sum(double value) {
        double[] values = {value};
        collective.sum(values);
        return values[0];
    }

    /// Adds up arrays over all ranks, in place.
    ///
    /// @throws LostRankException if a rank is gone or silent; so does all that follows
    public void sum(double[] values) {
        collective.sum(values);
    }

    /// Adds up parts of arrays over all ranks, in place.
    public void sum(float[] values, int from, int length) {
        collective.sum(values, from, length);
    }

    /// Begins to add up parts of arrays, see [Collective#beginSum].
    public void beginSum(float[] values, int from, int length) {
        collective.beginSum(values, from, length);
    }

    /// Returns when all that were begun are sums.
    public void finishSums() {
        collective.finishSums();
    }

    /// The mean over all ranks, in place.
    public void mean(float[] values) {
        if (world > 1) {
            collective.sum(values, 0, values.length);
            for (int i = 0; i < values.length; i++) {
                values[i] /= world;
            }
        }
    }

    /// Overwrites an array by rank 0's.
    void broadcast(float[] values) {
        collective.broadcast(values);
    }

    /// Rank 0's facts.
    Map<String, String> tell(Map<String, String> facts) {
        return world == 1
                ? facts
                : TrainingState.facts(gather(TrainingState.json(facts)).getFirst());
    }

    /// Every rank's text, in order.
    List<String> gather(String text) {
        double[] lengths = new double[world];
        lengths[rank] = text.length();
        collective.sum(lengths);
        int[] ends = new int[world];
        for (int i = 0; i < world; i++) {
            ends[i] = (int) lengths[i] + (i == 0 ? 0 : ends[i - 1]);
        }
        double[] characters = new double[ends[world - 1]];
        int at = ends[rank] - text.length();
        for (int i = 0; i < text.length(); i++) {
            characters[at + i] = text.charAt(i);
        }
        if (characters.length > 0) {
            collective.sum(characters);
        }
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < world; i++) {
            StringBuilder own = new StringBuilder();
            Arrays.stream(characters, i == 0 ? 0 : ends[i - 1], ends[i])
                    .forEach(character -> own.append((char) character));
            texts.add(own.toString());
        }
        return texts;
    }

    /// Checks that all ranks have the same facts.
    ///
    /// @throws IllegalArgumentException in every rank, naming the first that differs, with both
    ///   values
    public void checkSame(Map<String, String> facts) {
        if (world == 1) {
            return;
        }
        List<String> texts = gather(TrainingState.json(facts));
        Map<String, String> first = TrainingState.facts(texts.getFirst());
        for (int other = 1; other < world; other++) {
            Map<String, String> theirs = TrainingState.facts(texts.get(other));
            for (Map.Entry<String, String> fact : first.entrySet()) {
                String value = theirs.getOrDefault(fact.getKey(), "not given");
                checkArgument(
                        value.equals(fact.getValue()),
                        "all ranks train the same: %s is %s for rank 0 and %s for rank %s",
                        fact.getKey(),
                        fact.getValue(),
                        value,
                        other);
            }
        }
    }

    /// Work that may take a rank longer than the others wait in silence.
    interface Work<T> {
        T run() throws IOException;
    }

    /// Runs `work` here, and returns when the other ranks have run theirs. Nothing else may be done
    /// together meanwhile.
    ///
    /// @param what for messages: `the evaluation of epoch 3`
    /// @throws TrainException if another rank's work fails, naming it and the reason
    /// @throws LostRankException if a rank is gone or silent
    <T> T meet(String what, Work<T> work) throws IOException {
        if (world == 1) {
            return work.run();
        }
        Vigil vigil = Vigil.begin(this, what);
        try {
            T result = work.run();
            vigil.end("");
            return result;
        } catch (IOException | RuntimeException | Error e) {
            vigil.fail(e);
            throw e;
        }
    }

    @Override
    public void close() {
        collective.close();
    }

    /// The collective of a world of one.
    private static final class Alone implements Collective {
        @Override
        public void beginSum(float[] values, int from, int length) {
            // they are the sums
        }

        @Override
        public void finishSums() {
            // nothing was begun
        }

        @Override
        public void sum(double[] values) {
            // they are the sums
        }

        @Override
        public void broadcast(float[] values) {
            // they are rank 0's
        }

        @Override
        public void close() {
            // nothing is open
        }
    }
}
