package org.repvgg.train.cluster;

import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Consumer;

/// Starts the ranks of a training on the machines of a cluster, and starts all of them again where
/// one is lost. The module `spark` provides one where it is on the class path.
public interface RankCluster {

    /// The one on the class path.
    static Optional<RankCluster> find() {
        return ServiceLoader.load(RankCluster.class).findFirst();
    }

    /// Runs the job's [RankProgram] in every rank, and returns when all have ended.
    ///
    /// @param lines gets what rank 0 says meanwhile, line by line
    /// @return how the training ended: rank 0's end, or that of a rank that has failed
    /// @throws IllegalArgumentException if the cluster cannot do the job as it is, naming what is
    ///   wrong
    /// @throws org.repvgg.train.TrainException if the cluster could not do it, or ranks were lost
    ///   too often
    RankEnd train(RankJob job, Consumer<String> lines);
}
