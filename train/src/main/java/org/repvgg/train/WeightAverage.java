package org.repvgg.train;

import java.util.LinkedHashMap;
import java.util.Map;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.BranchedModel;
import org.repvgg.tensor.Tensor;

/// An exponential moving average of all weights and running statistics: `a = d * a + (1 - d) * w`.
///
/// It looks at the weights every [#INTERVAL] steps and at the end of an epoch, with `d` to the
/// power of the steps since, for copying them out of an engine costs as much as a tenth of a step.
/// Early on `d` is smaller, `(1 + n) / (10 + n)` after `n` looks, so that the first, random weights
/// are soon forgotten. What has not moved stays as it is, to the bit.
final class WeightAverage {
    static final int INTERVAL = 8;

    private final double decayPerStep;
    private final Map<String, float[]> sums = new LinkedHashMap<>();
    private BranchedModel latest;
    private long looks;

    WeightAverage(BranchedModel initial, double decayPerStep) {
        this.decayPerStep = decayPerStep;
        this.latest = initial;
        ReferenceNames.tensors(initial).forEach((name, tensor) -> sums.put(name, tensor.toArray()));
    }

    /// Takes the weights in.
    ///
    /// @param steps since the last look
    void look(BranchedModel weights, int steps) {
        latest = weights;
        looks++;
        double d = Math.min(Math.pow(decayPerStep, steps), (1.0 + looks) / (10.0 + looks));
        float keep = (float) d;
        ReferenceNames.tensors(weights)
                .forEach((name, tensor) -> mix(array(name), tensor.unsafeArray(), keep));
    }

    /// The average as a model.
    BranchedModel model() {
        return ReferenceNames.assemble(
                latest.spec(),
                latest.input(),
                latest.provenance(),
                (name, shape) -> Tensor.copyOf(shape, array(name)));
    }

    /// How often it has looked.
    long looks() {
        return looks;
    }

    /// Takes back an average that [#model] gave after `count` looks.
    ///
    /// @throws IllegalArgumentException if a tensor is missing or has another size
    void restore(Map<String, Tensor> averages, long count) {
        sums.forEach(
                (name, sum) -> {
                    Tensor saved = averages.get(name);
                    if (saved == null || saved.shape().elements() != sum.length) {
                        throw new IllegalArgumentException(
                                "the saved average of %s is %s, the network wants %s elements"
                                        .formatted(name, saved, sum.length));
                    }
                    System.arraycopy(saved.unsafeArray(), 0, sum, 0, sum.length);
                });
        looks = count;
    }

    private float[] array(String name) {
        float[] sum = sums.get(name);
        if (sum == null) {
            throw new IllegalArgumentException("the average knows no " + name);
        }
        return sum;
    }

    private static void mix(float[] sum, float[] weights, float keep) {
        for (int i = 0; i < sum.length; i++) {
            if (sum[i] != weights[i]) {
                sum[i] = keep * sum[i] + (1 - keep) * weights[i];
            }
        }
    }
}
