package org.repvgg.packaging;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.repvgg.evaluate.Prediction;
import org.repvgg.fold.Fold;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.Json;
import org.repvgg.image.ImageDecoder;
import org.repvgg.image.Preprocessing;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.PlainRuntime;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;

/// A network of random weights that answers in a millisecond, a photo, and its classes.
final class Tiny {
    private static final List<String> CLASSES = List.of("ant", "bee", "cat", "dog", "elk");

    private Tiny() {}

    private static PlainModel network() {
        RepVggSpec spec =
                RepVggFamily.A0.spec().toBuilder()
                        .name("tiny")
                        .classes(CLASSES.size())
                        .widths(List.of(8, 8, 16))
                        .depths(List.of(1, 2, 1))
                        .strides(List.of(1, 2, 2))
                        .build();
        InputSpec input = InputSpec.centred(3, 16, 16).withClassNames(CLASSES);
        return Fold.fold(InitialWeights.random(spec, input, 1));
    }

    /// Writes the network as `FOLDER/tiny/1/plain.safetensors`.
    static Path write(Path folder) throws IOException {
        Path file = folder.resolve("tiny/1/plain.safetensors");
        Files.createDirectories(file.getParent());
        Checkpoint.write(file, network());
        return file;
    }

    static byte[] photo() throws IOException {
        BufferedImage image = new BufferedImage(40, 20, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = image.createGraphics();
        pen.setColor(Color.ORANGE);
        pen.fillOval(3, 2, 30, 15);
        pen.dispose();
        var bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "jpg", bytes);
        return bytes.toByteArray();
    }

    /// The classes that the network finds in the photo, best first, asked in this process.
    static List<String> classes() throws IOException {
        PlainModel model = network();
        try (Classifier classifier = PlainRuntime.load(model, new RuntimeOptions(1))) {
            var image = ImageDecoder.standard().decode(photo(), "photo");
            var logits = classifier.logits(new Preprocessing(model.input()).batch(List.of(image)));
            return Prediction.best(logits, 0, CLASSES, CLASSES.size()).stream()
                    .map(Prediction::name)
                    .toList();
        }
    }

    /// Those that an answer names.
    static List<String> classes(Json.Object answer) {
        return answer.get("classes").asList().stream()
                .map(one -> one.asObject().get("name").asText())
                .toList();
    }
}
