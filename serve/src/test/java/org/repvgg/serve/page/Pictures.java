package org.repvgg.serve.page;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;

/// Photos that nobody took.
final class Pictures {
    private Pictures() {}

    /// One colour all over, as a PNG file.
    static byte[] plain(Color colour, int width, int height) {
        var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setColor(colour);
        graphics.fillRect(0, 0, width, height);
        graphics.dispose();
        return file(image, "png");
    }

    /// A boat on a blue sea, 960x640, as a JPEG file.
    static byte[] sea() {
        var image = new BufferedImage(960, 640, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(
                RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setPaint(
                new GradientPaint(0, 0, new Color(0x5c94cf), 0, 330, new Color(0xf1e3cf)));
        graphics.fill(new Rectangle2D.Double(0, 0, 960, 340));
        graphics.setPaint(new Color(0xfff6dc));
        graphics.fill(new Ellipse2D.Double(690, 130, 90, 90));
        hills(graphics);
        graphics.setPaint(
                new GradientPaint(0, 330, new Color(0x3f86b5), 0, 640, new Color(0x0f3157)));
        graphics.fill(new Rectangle2D.Double(0, 330, 960, 310));
        waves(graphics);
        boat(graphics);
        graphics.dispose();
        return file(image, "jpg");
    }

    private static void hills(Graphics2D graphics) {
        graphics.setPaint(new Color(0x7d93ad));
        graphics.fill(polygon(0, 330, 0, 270, 120, 235, 260, 280, 400, 318, 430, 332));
        graphics.setPaint(new Color(0x5d7896));
        graphics.fill(polygon(560, 332, 680, 292, 800, 250, 900, 268, 960, 246, 960, 332));
    }

    private static void waves(Graphics2D graphics) {
        var random = new SplittableRandom(1);
        graphics.setStroke(new BasicStroke(2, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        for (int wave = 0; wave < 260; wave++) {
            double y = 340 + 295 * random.nextDouble();
            double x = 960 * random.nextDouble();
            double length = 8 + (y - 330) / 5 * random.nextDouble();
            graphics.setColor(new Color(255, 255, 255, 20 + random.nextInt(50)));
            graphics.draw(new Rectangle2D.Double(x, y, length, 0.5));
        }
    }

    private static void boat(Graphics2D graphics) {
        graphics.setPaint(new Color(0xfbfbf7));
        graphics.fill(polygon(392, 190, 392, 418, 296, 418));
        graphics.setPaint(new Color(0xe9e4d8));
        graphics.fill(polygon(402, 214, 402, 418, 470, 418));
        graphics.setPaint(new Color(0x5b3a2b));
        graphics.fill(polygon(282, 430, 486, 430, 456, 466, 314, 466));
        graphics.fill(new Rectangle2D.Double(394, 180, 6, 252));
    }

    private static Path2D polygon(double... corners) {
        var path = new Path2D.Double();
        path.moveTo(corners[0], corners[1]);
        for (int i = 2; i < corners.length; i += 2) {
            path.lineTo(corners[i], corners[i + 1]);
        }
        path.closePath();
        return path;
    }

    private static byte[] file(BufferedImage image, String format) {
        var out = new ByteArrayOutputStream();
        try {
            if (!ImageIO.write(image, format, out)) {
                throw new IllegalStateException("this Java writes no " + format);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
