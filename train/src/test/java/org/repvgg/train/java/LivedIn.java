package org.repvgg.train.java;

import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.BranchedModel;
import org.repvgg.tensor.Tensor;

/// Networks that look as if they had been trained.
final class LivedIn {
    private LivedIn() {}

    /// Moves every element of norms and biases by up to 0.2.
    static BranchedModel norms(BranchedModel model, long seed) {
        var random = new SplittableRandom(seed);
        Map<String, Tensor> tensors = ReferenceNames.tensors(model);
        return ReferenceNames.assemble(
                model.spec(),
                model.input(),
                model.provenance(),
                (name, shape) -> {
                    Tensor tensor = Objects.requireNonNull(tensors.get(name), name);
                    if (shape.rank() > 1) {
                        return tensor;
                    }
                    float[] values = tensor.toArray();
                    for (int i = 0; i < values.length; i++) {
                        values[i] += 0.4f * (float) (random.nextDouble() - 0.5);
                    }
                    return Tensor.ofOwned(shape, values);
                });
    }
}
