package org.repvgg.cli;

import java.time.Duration;
import org.repvgg.train.Ranks;
import org.repvgg.train.Recipe;
import picocli.CommandLine.Option;

/// Flags for a training in several processes, whoever starts them.
class TogetherOptions {
    /// After those that say which processes there are.
    private static final int LATER = 10;

    @Option(
            names = "--timeout",
            order = LATER,
            paramLabel = "S",
            defaultValue = "60",
            description =
                    "Give up after S seconds without a word of another process; 60 unless given.")
    int timeout = 60;

    @Option(
            names = "--sync-bn",
            order = LATER,
            description =
                    "Normalise by the statistics of the whole batch, as one process would, not by those of each"
                            + " process's part; Java engine only.")
    boolean synchronisedNorms;

    final Duration patience() {
        return Duration.ofSeconds(timeout);
    }

    /// Refuses what so many processes cannot train.
    static void check(int world, String device, Recipe recipe) {
        if (!device.equalsIgnoreCase("cpu")) {
            throw new UserError(
                    "several processes train on the cpu, --device is %s: leave it out, or train in one"
                            + " process",
                    device);
        }
        Ranks.checkShares(recipe, world);
    }
}
