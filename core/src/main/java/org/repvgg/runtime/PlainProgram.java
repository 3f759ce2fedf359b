package org.repvgg.runtime;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.List;
import org.repvgg.kernel.Activation;
import org.repvgg.kernel.ConvShape;
import org.repvgg.kernel.Kernels;
import org.repvgg.model.PlainLayer;
import org.repvgg.model.PlainModel;

/// Compiles the plain form: a convolution takes the ReLU behind it along.
final class PlainProgram {
    private final List<PlainLayer> layers;
    private final Program.Builder builder;
    private int now; // register that the next layer reads
    private int block = -1;
    private boolean pooled;
    private boolean classified;

    private PlainProgram(PlainModel model, Kernels kernels, TransformedMemory transformed) {
        layers = model.layers();
        builder = new Program.Builder(kernels, transformed, model.spec().inputChannels());
    }

    /// @throws IllegalArgumentException if the layers do not fit each other, naming the layer
    static Program compile(PlainModel model, Kernels kernels) {
        return compile(model, kernels, TransformedMemory.ofHeap());
    }

    static Program compile(PlainModel model, Kernels kernels, TransformedMemory transformed) {
        return new PlainProgram(model, kernels, transformed).compile();
    }

    private Program compile() {
        for (int index = 0; index < layers.size(); index++) {
            add(index);
            if (block >= 0 && !pooled && endsBlock(index)) {
                builder.add(new Step.BlockOutput(block, now));
            }
        }
        checkArgument(
                classified,
                "a plain network ends with pooling and a classifier, this one does not");
        return builder.build(now);
    }

    private void add(int index) {
        String place = "layer " + index;
        checkArgument(!classified, "nothing may follow the classifier: %s", place);
        switch (layers.get(index)) {
            case PlainLayer.Conv3x3 conv -> convolve(conv, index);
            case PlainLayer.Relu _ -> {
                if (index == 0 || !(layers.get(index - 1) instanceof PlainLayer.Conv3x3)) {
                    checkArgument(index > 0, "a network does not start with a ReLU: %s", place);
                    builder.add(new Step.Relu(now));
                }
            }
            case PlainLayer.Gain gain -> {
                checkArgument(index > 0, "a network does not start with a gain: %s", place);
                builder.gain(now, gain.weights(), place);
            }
            case PlainLayer.GlobalAveragePool _ -> {
                checkArgument(!pooled, "a network is pooled once: %s", place);
                now = builder.mean(now);
                pooled = true;
            }
            case PlainLayer.Classify classify -> {
                checkArgument(pooled, "the classifier comes after pooling: %s", place);
                now = builder.linear(now, classify.weights(), Activation.NONE, place);
                classified = true;
            }
        }
    }

    private void convolve(PlainLayer.Conv3x3 conv, int index) {
        checkArgument(!pooled, "a convolution comes before pooling: layer %s", index);
        checkArgument(
                conv.in() == builder.channels(now),
                "a convolution takes %s channels, %s arrive: layer %s",
                conv.in(),
                builder.channels(now),
                index);
        boolean relu =
                index + 1 < layers.size() && layers.get(index + 1) instanceof PlainLayer.Relu;
        int to = builder.maps(now, conv.out(), conv.stride());
        builder.convolve(
                now,
                to,
                new ConvShape(conv.in(), conv.out(), conv.groups(), 3, 3, conv.stride()),
                conv.weight().unsafeArray(),
                conv.bias().unsafeArray(),
                relu ? Activation.RELU : Activation.NONE);
        now = to;
        block++;
    }

    private boolean endsBlock(int index) {
        if (index + 1 == layers.size()) {
            return true;
        }
        PlainLayer next = layers.get(index + 1);
        return next instanceof PlainLayer.Conv3x3 || next instanceof PlainLayer.GlobalAveragePool;
    }
}
