package org.repvgg.serve.protocol;

import java.util.ArrayList;
import java.util.List;
import org.repvgg.fold.Fold;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Linear;
import org.repvgg.model.PlainLayer;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.serve.inference.BatchOptions;
import org.repvgg.serve.inference.ServedModel;
import org.repvgg.serve.inference.ServingListener;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

/// A network of two channels and three classes with random weights.
final class TinyNetwork {
    static final int CHANNELS = 2;
    static final List<String> CLASS_NAMES = List.of("cat", "dog: big", "Füchsin");

    private TinyNetwork() {}

    static PlainModel model() {
        RepVggSpec spec =
                RepVggFamily.A0.spec().toBuilder()
                        .name("tiny")
                        .inputChannels(CHANNELS)
                        .classes(CLASS_NAMES.size())
                        .widths(List.of(8, 8, 8, 8, 8))
                        .depths(List.of(1, 1, 1, 1, 1))
                        .build();
        InputSpec input = InputSpec.centred(CHANNELS, 2, 3).withClassNames(CLASS_NAMES);
        return Fold.fold(InitialWeights.random(spec, input, 1));
    }

    /// The same, but the last layer adds infinity.
    static PlainModel broken() {
        PlainModel sound = model();
        List<PlainLayer> layers = new ArrayList<>(sound.layers());
        if (layers.removeLast() instanceof PlainLayer.Classify(Linear head)) {
            Tensor bias = Tensor.filled(head.bias().shape(), Float.POSITIVE_INFINITY);
            layers.add(new PlainLayer.Classify(new Linear(head.weight(), bias)));
        }
        return new PlainModel(sound.spec(), layers, sound.input(), sound.provenance());
    }

    static ServedModel serve(PlainModel model) {
        return serve(model, BatchOptions.defaults(), ServingListener.NONE);
    }

    static ServedModel serve(PlainModel model, BatchOptions batches, ServingListener listener) {
        return ServedModel.load("tiny", "7", model, new RuntimeOptions(1), batches, listener);
    }
}
