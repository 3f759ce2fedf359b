package org.repvgg.evaluate;

import java.util.List;
import org.repvgg.model.InputSpec;
import org.repvgg.runtime.Classifier;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// A classifier whose answer is known by heart: the logit of class `c` is pixel `c` of the image's
/// first row, times a factor, plus `c` times a shift.
final class FirstPixels implements Classifier {
    private final RepVggSpec spec;
    private final InputSpec input;
    private final float factor;
    private final float shift;

    FirstPixels(List<String> classNames, float factor, float shift) {
        this(classNames.size(), classNames, factor, shift);
    }

    FirstPixels(int classes, List<String> classNames, float factor, float shift) {
        this.spec =
                RepVggFamily.A0.spec().toBuilder()
                        .name("first-pixels")
                        .inputChannels(1)
                        .classes(classes)
                        .widths(List.of(1, 1))
                        .depths(List.of(1, 1))
                        .strides(List.of(1, 1))
                        .branches(List.of(BranchSpec.convolution(3, 3)))
                        .build();
        // Pixel v becomes (v / 255 - 0) / (1 / 255) = v, up to rounding.
        this.input = new InputSpec(1, 1, classes, List.of(0f), List.of(1 / 255f), 1, classNames);
        this.factor = factor;
        this.shift = shift;
    }

    @Override
    public RepVggSpec spec() {
        return spec;
    }

    @Override
    public InputSpec input() {
        return input;
    }

    @Override
    public Tensor logits(Tensor images, BlockObserver observer) {
        int n = images.shape().dimension(0);
        int classes = spec.classes();
        float[] logits = new float[n * classes];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = images.get(i) * factor + (i % classes) * shift;
        }
        for (int block = 0; block < 2; block++) {
            if (observer.wants(block)) {
                observer.blockOutput(
                        block, Tensor.filled(Shape.of(n, 1, 1, 1), (block + 1) * factor));
            }
        }
        return Tensor.ofOwned(Shape.of(n, classes), logits);
    }

    @Override
    public void close() {}
}
