package org.repvgg.image;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import javax.imageio.ImageIO;

/// Small pictures for tests.
final class ImageFixtures {
    private ImageFixtures() {}

    /// `(7 x + 13 y + 29 channel + x y / 5) mod 256`: every pixel its own, the same formula as in
    /// the scripts that made the expected values.
    static Image pattern(int width, int height, int channels) {
        byte[] pixels = new byte[width * height * channels];
        int at = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int channel = 0; channel < channels; channel++) {
                    pixels[at++] = (byte) (x * 7 + y * 13 + channel * 29 + x * y / 5);
                }
            }
        }
        return new Image(width, height, channels, pixels);
    }

    static BufferedImage buffered(Image image, int type) {
        BufferedImage buffered = new BufferedImage(image.width(), image.height(), type);
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                for (int band = 0; band < image.channels(); band++) {
                    buffered.getRaster().setSample(x, y, band, image.sample(x, y, band));
                }
            }
        }
        return buffered;
    }

    static byte[] encode(BufferedImage image, String format) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        if (!ImageIO.write(image, format, bytes)) {
            throw new IOException("this Java writes no " + format);
        }
        return bytes.toByteArray();
    }

    static byte[] resource(String name) throws IOException {
        try (InputStream stream = ImageFixtures.class.getResourceAsStream("/images/" + name)) {
            if (stream == null) {
                throw new IOException("no test resource /images/" + name);
            }
            return stream.readAllBytes();
        }
    }

    /// The first 16 digits of SHA-256 over the pixels.
    static String fingerprint(Image image) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(image.unsafePixels());
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
