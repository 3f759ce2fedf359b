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

    /// An airplane from the side under a blue sky, 256x256, as a PNG file.
    static byte[] airplane() {
        var image = new BufferedImage(256, 256, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(
                RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setPaint(
                new GradientPaint(0, 0, new Color(0x5a96d7), 0, 256, new Color(0xbed7f0)));
        graphics.fill(new Rectangle2D.Double(0, 0, 256, 256));
        graphics.setPaint(new Color(0xe1e4e8));
        graphics.fill(new Ellipse2D.Double(30, 112, 196, 34));
        graphics.fill(polygon(34, 126, 22, 72, 44, 72, 76, 120));
        graphics.setPaint(new Color(0x969ba5));
        graphics.fill(polygon(112, 134, 158, 134, 100, 190, 84, 190));
        graphics.fill(polygon(126, 116, 156, 116, 118, 80, 106, 80));
        graphics.dispose();
        return file(image, "png");
    }

    /// A steamer on the open sea, 256x256, as a PNG file.
    static byte[] ship() {
        var image = new BufferedImage(256, 256, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(
                RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setPaint(
                new GradientPaint(0, 0, new Color(0xaac8e1), 0, 150, new Color(0xd7e1e6)));
        graphics.fill(new Rectangle2D.Double(0, 0, 256, 160));
        graphics.setPaint(
                new GradientPaint(0, 150, new Color(0x3c648c), 0, 256, new Color(0x1e3c5f)));
        graphics.fill(new Rectangle2D.Double(0, 160, 256, 96));
        graphics.setPaint(new Color(0x962823));
        graphics.fill(polygon(20, 135, 236, 135, 210, 180, 45, 180));
        graphics.setPaint(Color.WHITE);
        graphics.fill(new Rectangle2D.Double(70, 105, 110, 30));
        graphics.fill(new Rectangle2D.Double(90, 85, 50, 20));
        graphics.setPaint(new Color(0x3c3c3c));
        graphics.fill(new Rectangle2D.Double(110, 55, 18, 30));
        graphics.dispose();
        return file(image, "png");
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
