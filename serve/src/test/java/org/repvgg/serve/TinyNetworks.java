package org.repvgg.serve;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.repvgg.evaluate.Prediction;
import org.repvgg.fold.Fold;
import org.repvgg.format.Checkpoint;
import org.repvgg.image.Image;
import org.repvgg.image.ImageDecoder;
import org.repvgg.image.Preprocessing;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.PlainRuntime;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

/// Networks that answer in a millisecond: random weights, three stages, images of 16x16.
public final class TinyNetworks {
    public static final List<String> CLASSES = List.of("ant", "bee", "cat");

    private TinyNetworks() {}

    public static BranchedModel branched(long seed) {
        RepVggSpec spec =
                RepVggFamily.A0.spec().toBuilder()
                        .name("tiny")
                        .classes(CLASSES.size())
                        .widths(List.of(8, 8, 16))
                        .depths(List.of(1, 2, 1))
                        .strides(List.of(1, 2, 2))
                        .build();
        return InitialWeights.random(
                spec, InputSpec.centred(3, 16, 16).withClassNames(CLASSES), seed);
    }

    public static PlainModel plain(long seed) {
        return Fold.fold(branched(seed));
    }

    /// Writes one as `FOLDER/NAME/VERSION/model.safetensors`.
    public static Path write(Path folder, String name, String version, long seed)
            throws IOException {
        Path place = Files.createDirectories(folder.resolve(name).resolve(version));
        Path file = place.resolve("model.safetensors");
        Checkpoint.write(file, plain(seed));
        return file;
    }

    /// The logits of the network with seed 1 for a picture.
    public static Tensor logits(byte[] picture) throws IOException {
        PlainModel model = plain(1);
        try (Classifier classifier = PlainRuntime.load(model, new RuntimeOptions(1))) {
            Image image = ImageDecoder.standard().decode(picture, "picture");
            return classifier.logits(new Preprocessing(model.input()).batch(List.of(image)));
        }
    }

    /// The class that it finds most probable.
    public static String best(byte[] picture) throws IOException {
        return Prediction.best(logits(picture), 0, CLASSES, 1).getFirst().name();
    }
}
