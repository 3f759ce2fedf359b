package org.repvgg.cli;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.repvgg.data.Shapes;
import org.repvgg.image.Image;

/// The built-in shapes as somebody's photos: files of many sizes, wide ones and high ones.
final class Drawings {
    private static final int KINDS = 10;

    private Drawings() {}

    /// A folder of classes, `count` pictures in each, whose shorter sides have 40 to 119 pixels.
    ///
    /// @param from first kind of shapes
    /// @param to behind the last
    /// @param seed other pictures for another
    static Path write(Path folder, int from, int to, int count, long seed) throws IOException {
        Shapes shapes = Shapes.train(seed, KINDS * count);
        for (int kind = from; kind < to; kind++) {
            Path own = Files.createDirectories(folder.resolve(shapes.classNames().get(kind)));
            for (int i = 0; i < count; i++) {
                int side = 40 + i * 37 % 80;
                int longer = side + side * (i % 3) / 4;
                BufferedImage picture = picture(shapes.image(i * KINDS + kind));
                BufferedImage photo =
                        i % 2 == 0 ? photo(picture, side, longer) : photo(picture, longer, side);
                ImageIO.write(photo, "png", own.resolve(i + ".png").toFile());
            }
        }
        return folder;
    }

    private static BufferedImage picture(Image image) {
        var picture = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                picture.setRGB(
                        x,
                        y,
                        image.sample(x, y, 0) << 16
                                | image.sample(x, y, 1) << 8
                                | image.sample(x, y, 2));
            }
        }
        return picture;
    }

    /// The picture in the middle, enlarged until it fills the shorter side.
    private static BufferedImage photo(BufferedImage picture, int width, int height) {
        var photo = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        int side = Math.min(width, height);
        Graphics2D pen = photo.createGraphics();
        pen.setRenderingHint(
                RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
        pen.setColor(Color.GRAY);
        pen.fillRect(0, 0, width, height);
        pen.drawImage(picture, (width - side) / 2, (height - side) / 2, side, side, null);
        pen.dispose();
        return photo;
    }
}
