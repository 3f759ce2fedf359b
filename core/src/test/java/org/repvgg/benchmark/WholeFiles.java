package org.repvgg.benchmark;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.Npy;
import org.repvgg.model.InputSpec;
import org.repvgg.runtime.RandomModels;
import org.repvgg.spec.RepVggFamily;

/// Writes what `docs/results/whole-files.sh` measures: training forms of the paper's size with
/// random weights and 1000 classes, a picture and an array of images.
///
/// `java -cp core/target/classes:core/target/test-classes org.repvgg.benchmark.WholeFiles FOLDER`
public final class WholeFiles {
    private static final List<RepVggFamily> VARIANTS =
            List.of(RepVggFamily.A0, RepVggFamily.B1G4, RepVggFamily.B3, RepVggFamily.D2SE);

    private static final int SIDE = 256;

    private WholeFiles() {}

    /// @param arguments the folder, made if it is not there
    public static void main(String[] arguments) throws IOException {
        Path folder = Files.createDirectories(Path.of(arguments[0]));
        for (RepVggFamily variant : VARIANTS) {
            Checkpoint.write(
                    folder.resolve(variant.spec().name() + ".safetensors"),
                    RandomModels.branched(variant.spec(), 1).withInput(InputSpec.imageNet()));
        }
        Npy.write(folder.resolve("images.npy"), RandomModels.images(8, 3, 224, 224, 1));
        ImageIO.write(picture(), "png", folder.resolve("picture.png").toFile());
    }

    private static BufferedImage picture() {
        var random = new SplittableRandom(1);
        var picture = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                picture.setRGB(x, y, random.nextInt(1 << 24));
            }
        }
        return picture;
    }
}
