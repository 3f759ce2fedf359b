package org.repvgg.train.cluster;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Consumer;

/// What every rank runs, on whichever machine a [RankCluster] has started it. The command provides
/// one.
public interface RankProgram {

    /// The one on the class path.
    static Optional<RankProgram> find() {
        return ServiceLoader.load(RankProgram.class).findFirst();
    }

    /// Runs one rank's part, and never throws what went wrong but returns it. An interrupted thread
    /// ends after the step at work.
    ///
    /// @param arguments the command line
    /// @param place calls [RankPlace#meet] once, when this rank has all that it needs
    /// @param lines gets what is worth knowing meanwhile
    RankEnd run(List<String> arguments, RankPlace place, Consumer<String> lines);
}
