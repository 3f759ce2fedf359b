package org.repvgg.serve.page;

import static org.repvgg.tensor.Checks.checkArgument;

import org.repvgg.model.Linear;
import org.repvgg.model.PlainLayer;
import org.repvgg.model.PlainModel;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Where in an image a network finds a class: a class activation map (Zhou et al., CVPR 2016).
///
/// The network's head averages the last block's maps over their places, then weighs the channels.
/// The other way round it says how much every place adds to a class:
///
/// - `map[k](y,x) = sum over c of weight[k,c] * features[c](y,x)`
/// - `logit[k] = bias[k] + mean over (y,x) of map[k](y,x)`
///
/// This is no estimate: the two orders differ by rounding alone.
///
/// @param classIndex in the order of the logits
/// @param values `[h,w]`, on the scale of logits; negative where a place speaks against the class
public record ActivationMap(int classIndex, Tensor values) {
    public ActivationMap {
        checkArgument(
                values.shape().rank() == 2 && values.shape().elements() > 0,
                "a map of class %s wants [h,w]: %s",
                classIndex,
                values.shape());
    }

    /// Index of the block whose output [#of] wants, the stem is 0.
    public static int lastBlock(RepVggSpec spec) {
        return spec.blocks().size() - 1;
    }

    /// The map of one class.
    ///
    /// @param features `[1,c,h,w]`, what the last block answered for one image; not modified
    /// @throws IllegalArgumentException if the features are not this network's, or there is no such
    ///   class
    public static ActivationMap of(PlainModel model, Tensor features, int classIndex) {
        Linear head = head(model);
        Shape shape = features.shape();
        int channels = head.weight().shape().dimension(1);
        int classes = head.weight().shape().dimension(0);
        checkArgument(
                shape.rank() == 4 && shape.dimension(0) == 1 && shape.dimension(1) == channels,
                "features are %s, the head of %s wants [1,%s,h,w]",
                shape,
                model.spec().name(),
                channels);
        checkArgument(
                classIndex >= 0 && classIndex < classes,
                "no class %s: %s has %s classes",
                classIndex,
                model.spec().name(),
                classes);
        int height = shape.dimension(2);
        int width = shape.dimension(3);
        double[] sums = new double[height * width];
        for (int c = 0; c < channels; c++) {
            double weight = head.weight().get(classIndex * channels + c);
            for (int place = 0; place < sums.length; place++) {
                sums[place] += weight * features.get(c * sums.length + place);
            }
        }
        float[] values = new float[sums.length];
        for (int place = 0; place < values.length; place++) {
            values[place] = (float) sums[place];
        }
        return new ActivationMap(classIndex, Tensor.ofOwned(Shape.of(height, width), values));
    }

    private static Linear head(PlainModel model) {
        if (model.layers().getLast() instanceof PlainLayer.Classify(Linear weights)) {
            return weights;
        }
        throw new IllegalArgumentException(
                model.spec().name() + " ends in " + model.layers().getLast() + ", not in a head");
    }

    public int height() {
        return values.shape().dimension(0);
    }

    public int width() {
        return values.shape().dimension(1);
    }

    /// The smallest value.
    public float min() {
        float min = values.get(0);
        for (int place = 1; place < values.shape().elements(); place++) {
            min = Math.min(min, values.get(place));
        }
        return min;
    }

    /// The largest value.
    public float max() {
        float max = values.get(0);
        for (int place = 1; place < values.shape().elements(); place++) {
            max = Math.max(max, values.get(place));
        }
        return max;
    }
}
