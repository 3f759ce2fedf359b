package org.repvgg.serve.protocol;

import org.repvgg.tensor.Tensor;

/// Scores as probabilities.
final class Softmax {
    private Softmax() {}

    /// For each row, `p[c] = exp(logit[c] - max) / sum`, computed in double, rounded once.
    ///
    /// @param logits `[n,classes]`, finite; not modified
    /// @return `[n,classes]`
    static Tensor rows(Tensor logits) {
        int classes = logits.shape().dimension(1);
        float[] in = logits.unsafeArray();
        float[] out = new float[in.length];
        for (int from = 0; from < in.length; from += classes) {
            row(in, out, from, from + classes);
        }
        return Tensor.ofOwned(logits.shape(), out);
    }

    private static void row(float[] in, float[] out, int from, int to) {
        double highest = Double.NEGATIVE_INFINITY;
        for (int i = from; i < to; i++) {
            highest = Math.max(highest, in[i]);
        }
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += Math.exp(in[i] - highest);
        }
        for (int i = from; i < to; i++) {
            out[i] = (float) (Math.exp(in[i] - highest) / sum);
        }
    }
}
