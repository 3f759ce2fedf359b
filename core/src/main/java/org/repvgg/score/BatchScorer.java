package org.repvgg.score;

import java.io.IOException;
import java.util.Optional;
import java.util.ServiceLoader;
import org.repvgg.evaluate.Progress;

/// Does a [ScoreJob]. The module `spark` provides one where it is on the class path.
public interface BatchScorer {

    /// The one on the class path.
    static Optional<BatchScorer> find() {
        return ServiceLoader.load(BatchScorer.class).findFirst();
    }

    /// Scores what is not scored yet, and returns when all of it is.
    ///
    /// @param progress hears every second or so; of 0 images in all where their number is not known
    /// @throws IllegalArgumentException if the job cannot be done as it is, naming what is wrong
    /// @throws IOException if input or output cannot be read or written
    /// @throws ScoringFailed if the cluster could not do it
    ScoreSummary score(ScoreJob job, Progress progress) throws IOException;
}
