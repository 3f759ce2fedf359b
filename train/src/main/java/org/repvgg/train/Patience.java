package org.repvgg.train;

import java.util.Locale;

/// How long a training waits for a better epoch.
///
/// With epoch `b` the first of the best top-1 so far, it ends after epoch `b + epochs`, or with its
/// last. The schedule stays that of all epochs: a training that ends early ends before its learning
/// rate is small. Its result is the network of epoch `b`, whose figure flatters a little, for it
/// was picked by the test split.
///
/// @param epochs without a better one; 0 for a training that takes all epochs and results in the
///   last one's network
record Patience(int epochs) {
    boolean isNone() {
        return epochs == 0;
    }

    /// Whether the training is over after these epochs.
    boolean isOver(History history) {
        return !isNone() && history.size() - history.bestEpoch() >= epochs;
    }

    /// Why it ended, for people.
    ///
    /// @param planned epochs that there were to be
    String reason(History history, int planned) {
        return String.format(
                Locale.ROOT,
                "after epoch %d of %d: no better top-1 in %d epochs than the %.2f %% of epoch %d",
                history.size(),
                planned,
                epochs,
                100 * history.best(),
                history.bestEpoch());
    }

    @Override
    public String toString() {
        return isNone() ? "none" : epochs + " epochs";
    }
}
