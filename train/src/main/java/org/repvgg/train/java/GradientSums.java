package org.repvgg.train.java;

import org.repvgg.train.Ranks;

/// The gradients of one step, added up over ranks while others are still computed: backward goes
/// from the last block to the first, and so from the end of the array to its beginning.
final class GradientSums {
    /// Floats: 1 MiB, below which a message of its own costs more than it saves.
    private static final int LEAST = 1 << 18;

    private final Ranks ranks;
    private final float[] gradients;
    private final int first;

    /// Where those begin that are on their way.
    private int begun;

    /// @param first of those that are trained
    GradientSums(Ranks ranks, float[] gradients, int first) {
        this.ranks = ranks;
        this.gradients = gradients;
        this.first = first;
        this.begun = gradients.length;
    }

    /// To be called when all gradients from `at` on are computed.
    void computed(int at) {
        if (begun - at >= LEAST) {
            begin(at);
        }
    }

    /// To be called when all are computed; [#finish] is still to come.
    void computedAll() {
        begin(first);
    }

    private void begin(int at) {
        ranks.beginSum(gradients, at, begun - at);
        begun = at;
    }

    /// Returns when all are sums.
    void finish() {
        ranks.finishSums();
    }
}
