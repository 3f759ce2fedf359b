package org.repvgg.train.java;

import org.repvgg.train.Ranks;

/// The sums that several batch norms need at the same time, in one array, so that ranks whose
/// images together make a batch add up all of them at once.
final class NormSums {
    private final Ranks ranks;

    /// How many values of a channel are summed, and behind it the sums.
    private double[] values = new double[1];

    /// @param ranks whose images together make a batch
    NormSums(Ranks ranks) {
        this.ranks = ranks;
    }

    /// Makes room for one more norm, before the first sum.
    ///
    /// @return where its sums begin
    int reserve(int length) {
        int at = values.length;
        values = new double[Math.addExact(at, length)];
        return at;
    }

    /// First of this rank's images; after [#addUp] of all ranks'.
    double[] values() {
        return values;
    }

    /// Values of a channel that the sums are of, likewise.
    double count() {
        return values[0];
    }

    /// @param count values of a channel in this rank's images
    void addUp(long count) {
        values[0] = count;
        if (values.length > 1) {
            ranks.sum(values);
        }
    }
}
