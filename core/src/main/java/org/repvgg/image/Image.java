package org.repvgg.image;

import static org.repvgg.tensor.Checks.checkArgument;

/// A decoded picture: 8 bits a sample, rows top to bottom, samples interleaved
/// (`[height,width,channels]`).
public final class Image {
    private final int width;
    private final int height;
    private final int channels;
    private final byte[] pixels;

    /// @param channels 3 for red, green, blue; 1 for grey
    /// @param pixels `[height,width,channels]`, unsigned; owned by the image from now on
    public Image(int width, int height, int channels, byte[] pixels) {
        checkArgument(
                channels == 1 || channels == 3, "an image has 1 or 3 channels, not %s", channels);
        checkArgument(
                pixels.length == (long) width * height * channels,
                "image %sx%s with %s channels has %s bytes",
                width,
                height,
                channels,
                pixels.length);
        this.width = width;
        this.height = height;
        this.channels = channels;
        this.pixels = pixels;
    }

    public int width() {
        return width;
    }

    public int height() {
        return height;
    }

    public int channels() {
        return channels;
    }

    /// One sample in `[0,255]`.
    public int sample(int x, int y, int channel) {
        return pixels[(y * width + x) * channels + channel] & 0xff;
    }

    /// The backing array itself, `[height,width,channels]`, unsigned; must not be modified.
    public byte[] unsafePixels() {
        return pixels;
    }
}
