package org.repvgg.score;

import java.util.List;

/// What has been scored.
///
/// @param images rows in the output, broken images included
/// @param broken images that could not be answered
/// @param reasons why, for the first few: a row's path, if it has one, and the reason
/// @param scored images answered by this run; the rest was there already
/// @param chunks parts of the output
/// @param skipped parts that were there already
/// @param seconds this run, without the start of the cluster
public record ScoreSummary(
        long images,
        long broken,
        List<String> reasons,
        long scored,
        int chunks,
        int skipped,
        double seconds) {
    public ScoreSummary {
        reasons = List.copyOf(reasons);
    }

    /// Of this run; 0 where nothing was left to do.
    public double imagesPerSecond() {
        return scored == 0 ? 0 : scored / seconds;
    }
}
