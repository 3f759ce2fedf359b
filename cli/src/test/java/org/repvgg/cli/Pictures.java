package org.repvgg.cli;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;

/// Small pictures in files.
final class Pictures {
    private Pictures() {}

    /// A square of one colour.
    static Path write(Path file, Color color) throws IOException {
        Files.createDirectories(file.getParent());
        BufferedImage picture = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = picture.createGraphics();
        pen.setColor(color);
        pen.fillRect(0, 0, 16, 16);
        pen.dispose();
        String format = file.toString().endsWith(".jpg") ? "jpg" : "png";
        ImageIO.write(picture, format, file.toFile());
        return file;
    }

    /// A folder of classes, `count` pictures in each.
    static Path classes(Path folder, List<String> names, int count) throws IOException {
        for (int c = 0; c < names.size(); c++) {
            for (int i = 0; i < count; i++) {
                Color color =
                        Color.getHSBColor((float) c / names.size(), 0.5f + 0.5f * i / count, 1);
                write(folder.resolve(names.get(c)).resolve(i + ".png"), color);
            }
        }
        return folder;
    }

    /// A JPEG of which only the first half is there.
    static Path halfJpeg(Path file) throws IOException {
        write(file, Color.RED);
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
        return file;
    }
}
