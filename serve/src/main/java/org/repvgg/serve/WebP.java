package org.repvgg.serve;

import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.repvgg.image.Image;
import org.repvgg.image.ImageException;

/// WebP images, which Java cannot decode by itself; alpha is dropped, not blended.
final class WebP {
    private WebP() {}

    /// Whether the bytes begin as WebP does: `RIFF`, a size, `WEBP`.
    static boolean is(byte[] bytes) {
        return bytes.length >= 12 && text(bytes, 0).equals("RIFF") && text(bytes, 8).equals("WEBP");
    }

    private static String text(byte[] bytes, int from) {
        return new String(bytes, from, 4, StandardCharsets.ISO_8859_1);
    }

    /// @param pixelLimit largest `width * height` accepted
    /// @throws ImageException if it is damaged or too large; one line
    static Image decode(byte[] bytes, long pixelLimit) throws ImageException {
        ImageReader reader = new WebPImageReaderSpi().createReaderInstance(null);
        try (ImageInputStream input =
                new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            reader.setInput(input, true, true);
            long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
            if (pixels > pixelLimit) {
                throw new ImageException(
                        "the image",
                        "%dx%d is %,d pixels, more than the %,d that are accepted"
                                .formatted(
                                        reader.getWidth(0),
                                        reader.getHeight(0),
                                        pixels,
                                        pixelLimit));
            }
            return rgb(reader.read(0));
        } catch (ImageException e) {
            throw e;
        } catch (OutOfMemoryError e) {
            throw new ImageException("the image", "needs more memory than is there to decode", e);
        } catch (IOException | RuntimeException e) {
            String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            throw new ImageException("the image", "damaged WebP: " + reason, e);
        } finally {
            reader.dispose();
        }
    }

    private static Image rgb(BufferedImage decoded) {
        int width = decoded.getWidth();
        int height = decoded.getHeight();
        byte[] pixels = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
        int[] row = new int[width];
        int at = 0;
        for (int y = 0; y < height; y++) {
            decoded.getRGB(0, y, width, 1, row, 0, width);
            for (int pixel : row) {
                pixels[at++] = (byte) (pixel >> 16);
                pixels[at++] = (byte) (pixel >> 8);
                pixels[at++] = (byte) pixel;
            }
        }
        return new Image(width, height, 3, pixels);
    }
}
