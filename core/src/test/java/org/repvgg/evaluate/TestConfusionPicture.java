package org.repvgg.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TestConfusionPicture {

    @Test
    void testWritesAPictureOfNamedClasses(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("confusion.png");

        ConfusionPicture.write(file, List.of(List.of(8, 2), List.of(0, 10)), List.of("cat", "dog"));

        BufferedImage picture = ImageIO.read(file.toFile());
        assertThat(picture.getWidth()).isEqualTo(picture.getHeight()).isGreaterThan(100);
        assertThat(folder).isDirectoryContaining(path -> path.equals(file));
        assertThat(folder.toFile().list()).containsExactly("confusion.png");
    }

    @Test
    void testAThousandClassesFit() {
        List<List<Integer>> rows = Collections.nCopies(1000, Collections.nCopies(1000, 1));

        assertThat(ConfusionPicture.draw(rows, List.of()).getWidth()).isLessThan(1700);
    }

    @Test
    void testRefusesNamesThatDoNotFit() {
        assertThatThrownBy(() -> ConfusionPicture.draw(List.of(List.of(1)), List.of("cat", "dog")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("1 classes, 2 names");
    }
}
