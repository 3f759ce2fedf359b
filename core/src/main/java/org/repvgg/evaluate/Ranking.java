package org.repvgg.evaluate;

import org.repvgg.tensor.Tensor;

/// The answer to one image: its logits in order. Of equal logits the lower class comes first; what
/// is not a number comes last.
final class Ranking {
    private final float[] logits;
    private final int offset;
    private final int classes;

    private Ranking(float[] logits, int offset, int classes) {
        this.logits = logits;
        this.offset = offset;
        this.classes = classes;
    }

    /// @param logits `[n,classes]`; not modified
    static Ranking of(Tensor logits, int row) {
        int classes = logits.shape().dimension(1);
        return new Ranking(logits.unsafeArray(), row * classes, classes);
    }

    /// The class with the highest logit.
    int best() {
        int best = 0;
        for (int c = 1; c < classes; c++) {
            if (isBefore(c, best)) {
                best = c;
            }
        }
        return best;
    }

    /// How many classes come before class `c`; a class without a number is never among the first.
    int rank(int c) {
        if (Float.isNaN(logits[offset + c])) {
            return Integer.MAX_VALUE;
        }
        int rank = 0;
        for (int other = 0; other < classes; other++) {
            if (other != c && isBefore(other, c)) {
                rank++;
            }
        }
        return rank;
    }

    /// Distance of the two highest logits; infinite where there is one class only.
    double margin() {
        int best = best();
        double second = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < classes; c++) {
            if (c != best) {
                second = Math.max(second, logits[offset + c]);
            }
        }
        return logits[offset + best] - second;
    }

    private boolean isBefore(int a, int b) {
        float left = logits[offset + a];
        float right = logits[offset + b];
        if (left > right || (Float.isNaN(right) && !Float.isNaN(left))) {
            return true;
        }
        return left == right && a < b;
    }
}
