package org.repvgg.benchmark.serving;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.repvgg.export.ExportOptions;
import org.repvgg.export.Onnx;
import org.repvgg.fold.Fold;
import org.repvgg.format.Checkpoint;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.PlainModel;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;

/// The networks that are served, with random weights: they do not change the time.
enum Networks {
    /// 224x224, 1000 classes.
    A0("A0", RepVggFamily.A0.spec(), InputSpec.imageNet(), 500, 375),

    /// Half as wide, 32x32, ten classes.
    SMALL(
            "A0-half-32",
            RepVggFamily.A0.spec().toBuilder()
                    .name("A0-half-32")
                    .classes(10)
                    .widths(List.of(24, 24, 48, 96, 640))
                    .strides(List.of(1, 1, 2, 2, 2))
                    .build(),
            InputSpec.centred(3, 32, 32),
            32,
            32);

    private final String title;
    private final RepVggSpec spec;
    private final InputSpec input;
    private final int photoWidth;
    private final int photoHeight;

    Networks(String title, RepVggSpec spec, InputSpec input, int photoWidth, int photoHeight) {
        this.title = title;
        this.spec = spec;
        this.input = input;
        this.photoWidth = photoWidth;
        this.photoHeight = photoHeight;
    }

    String title() {
        return title;
    }

    InputSpec input() {
        return input;
    }

    /// The files of a network.
    record Files(Path plain, Path onnx) {}

    Files write(Path folder) throws IOException {
        PlainModel model = Fold.fold(InitialWeights.random(spec, input, 1));
        Path plain = folder.resolve(title + ".safetensors");
        Path onnx = folder.resolve(title + ".onnx");
        Checkpoint.write(plain, model);
        Onnx.write(model, onnx, ExportOptions.defaults().withFixedSize(true));
        return new Files(plain, onnx);
    }

    List<Question> questions() throws IOException {
        return List.of(Question.photo(jpeg()), Question.tensor(title, input));
    }

    /// Colours that run into each other, and some noise, as a camera has it.
    private byte[] jpeg() throws IOException {
        var random = new SplittableRandom(1);
        var photo = new BufferedImage(photoWidth, photoHeight, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < photoHeight; y++) {
            for (int x = 0; x < photoWidth; x++) {
                int red = 255 * x / photoWidth;
                int green = 255 * y / photoHeight;
                int blue = (int) (127 * (1 + Math.sin((x + y) / 9.0)));
                int noise = random.nextInt(16);
                photo.setRGB(x, y, (red / 2 + noise) << 16 | (green / 2 + noise) << 8 | blue);
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        if (!ImageIO.write(photo, "jpg", bytes)) {
            throw new IOException("this Java writes no JPEG");
        }
        return bytes.toByteArray();
    }
}
