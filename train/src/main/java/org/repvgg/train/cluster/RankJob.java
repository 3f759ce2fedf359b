package org.repvgg.train.cluster;

import static org.repvgg.tensor.Checks.checkArgument;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.repvgg.train.Rendezvous;

/// A training for a cluster.
///
/// @param name for people
/// @param arguments the command line, which every rank reads for itself
/// @param ranks how many
/// @param timeout longest silence of a rank, and longest wait for room on the cluster
/// @param master the cluster, as it names itself; null for the one that started the program
/// @param configuration settings of the cluster's own, by name
public record RankJob(
        String name,
        List<String> arguments,
        int ranks,
        Duration timeout,
        @Nullable String master,
        Map<String, String> configuration) {
    public RankJob {
        arguments = List.copyOf(arguments);
        configuration = Map.copyOf(configuration);
        checkArgument(
                ranks >= 2,
                "--ranks must be at least 2, not %s: 'repvgg train' trains in one process",
                ranks);
        Rendezvous.checkTimeout(timeout);
    }
}
