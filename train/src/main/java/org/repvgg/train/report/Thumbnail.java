package org.repvgg.train.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.repvgg.image.Image;

/// A picture small enough to live inside a page: a PNG of at most 96 pixels a side as a `data:`
/// address.
final class Thumbnail {
    private static final int SIDE = 96;
    private static final int SMALL = 48; // at most this many pixels: enlarged with hard edges

    private Thumbnail() {}

    /// Whether the picture is shown enlarged, its pixels visible.
    static boolean isSmall(Image image) {
        return Math.max(image.width(), image.height()) <= SMALL;
    }

    /// `data:image/png;base64,…`, shrunk to 96 pixels on the longer side where it is larger.
    static String dataUri(Image image) {
        int longer = Math.max(image.width(), image.height());
        int width = longer <= SIDE ? image.width() : scaled(image.width(), longer);
        int height = longer <= SIDE ? image.height() : scaled(image.height(), longer);
        var picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                picture.setRGB(x, y, average(image, x, y, width, height));
            }
        }
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(png(picture));
    }

    private static int scaled(int size, int longer) {
        return Math.max(1, Math.round((float) size * SIDE / longer));
    }

    /// Mean of the pixels of `image` that fall into pixel `(x,y)` of a picture of `width` by
    /// `height`.
    private static int average(Image image, int x, int y, int width, int height) {
        int left = (int) ((long) x * image.width() / width);
        int right = Math.max(left + 1, (int) ((x + 1L) * image.width() / width));
        int top = (int) ((long) y * image.height() / height);
        int bottom = Math.max(top + 1, (int) ((y + 1L) * image.height() / height));
        int rgb = 0;
        for (int channel = 0; channel < 3; channel++) {
            int from = image.channels() == 3 ? channel : 0;
            long sum = 0;
            for (int v = top; v < bottom; v++) {
                for (int u = left; u < right; u++) {
                    sum += image.sample(u, v, from);
                }
            }
            long area = (long) (right - left) * (bottom - top);
            rgb = rgb << 8 | (int) ((sum + area / 2) / area);
        }
        return rgb;
    }

    private static byte[] png(BufferedImage picture) {
        var bytes = new ByteArrayOutputStream();
        try (var stream = new MemoryCacheImageOutputStream(bytes)) {
            if (!ImageIO.write(picture, "png", stream)) {
                throw new IllegalStateException("this Java has no PNG writer");
            }
        } catch (IOException e) {
            throw new UncheckedIOException("writing a PNG to memory failed", e);
        }
        return bytes.toByteArray();
    }
}
