package org.repvgg.kernel;

import static org.repvgg.tensor.Checks.checkArgument;

/// Activations of some images, channels last inside a border of zeros: `[n, border+h+border,
/// border+w+border, c]`.
///
/// The border is zero from the start and never written, so a 3x3 kernel reads its padding instead
/// of testing for it.
public final class FeatureMaps {
    private final int images;
    private final int height;
    private final int width;
    private final int channels;
    private final int border;
    private final float[] data;

    /// Maps of zeros.
    ///
    /// @param border 0, or 1 where a kernel of 3 taps may follow
    public FeatureMaps(int images, int height, int width, int channels, int border) {
        checkArgument(
                images >= 1 && height >= 1 && width >= 1 && channels >= 1,
                "maps must be positive: images=%s, height=%s, width=%s, channels=%s",
                images,
                height,
                width,
                channels);
        checkArgument(border == 0 || border == 1, "a border is 0 or 1 wide: %s", border);
        double elements = elements(images, height, width, channels, border);
        checkArgument(
                elements <= Integer.MAX_VALUE - 8,
                "maps of %s x %s x %s x %s have more elements than an array can hold",
                images,
                height,
                width,
                channels);
        this.images = images;
        this.height = height;
        this.width = width;
        this.channels = channels;
        this.border = border;
        this.data = new float[(int) elements];
    }

    /// Floats that such maps take, the border included; a double because it may exceed every
    /// integer.
    public static double elements(int images, int height, int width, int channels, int border) {
        return (double) images * (height + 2.0 * border) * (width + 2.0 * border) * channels;
    }

    public int images() {
        return images;
    }

    public int height() {
        return height;
    }

    public int width() {
        return width;
    }

    public int channels() {
        return channels;
    }

    public int border() {
        return border;
    }

    /// Whether `other` has the same extents, the border included.
    boolean sameShape(FeatureMaps other) {
        return images == other.images
                && height == other.height
                && width == other.width
                && channels == other.channels
                && border == other.border;
    }

    /// Floats from one row to the next.
    public int rowStride() {
        return (width + 2 * border) * channels;
    }

    /// Index of channel 0 at row `y` and column `x`, which may lie in the border.
    public int offset(int image, int y, int x) {
        return (image * (height + 2 * border) + y + border) * rowStride() + (x + border) * channels;
    }

    /// The backing array itself. Whoever writes to it keeps the border zero.
    public float[] unsafeArray() {
        return data;
    }

    /// Copies one row of one image in, from planes: `planes[at + c*planeStride + x]` becomes
    /// channel `c` of column `x`.
    public void readRow(float[] planes, int at, int planeStride, int image, int y) {
        for (int c = 0; c < channels; c++) {
            int to = offset(image, y, 0) + c;
            int from = at + c * planeStride;
            for (int x = 0; x < width; x++) {
                data[to + x * channels] = planes[from + x];
            }
        }
    }

    /// Copies one row of one image out, the reverse of [#readRow].
    public void writeRow(int image, int y, float[] planes, int at, int planeStride) {
        for (int c = 0; c < channels; c++) {
            int from = offset(image, y, 0) + c;
            int to = at + c * planeStride;
            for (int x = 0; x < width; x++) {
                planes[to + x] = data[from + x * channels];
            }
        }
    }
}
