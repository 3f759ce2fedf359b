package org.repvgg.image;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.List;
import org.repvgg.model.InputSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// From an image to the numbers a network eats: the one preprocessing of training, evaluation and
/// prediction.
///
/// 1. Grey becomes three equal channels, or colour becomes grey (`0.299 R + 0.587 G + 0.114 B`), as
///    the network wants.
/// 2. The image is resized, keeping its proportions, until it just covers `[height,width] /
///    cropFraction`, and the centre `[height,width]` is cut out. Averaging bilinear filter, 8 bits:
///    the same bits as torchvision's `Resize` and `CenterCrop` on Pillow images. An image that has
///    the network's size already is left as it is.
/// 3. `(value / 255 - mean) / std` per channel, in float, channels first: the same bits as
///    `ToTensor` and `Normalize`.
///
/// Safe to share between threads.
public final class Preprocessing {
    private final InputSpec input;
    private final float[][] table;

    /// @throws IllegalArgumentException if the network wants other than 1 or 3 channels
    public Preprocessing(InputSpec input) {
        checkArgument(
                input.channels() == 1 || input.channels() == 3,
                "images give 1 or 3 channels, the network wants %s",
                input.channels());
        this.input = input;
        this.table = new float[input.channels()][256];
        for (int channel = 0; channel < input.channels(); channel++) {
            float mean = input.mean().get(channel);
            float std = input.std().get(channel);
            for (int value = 0; value < 256; value++) {
                table[channel][value] = (value / 255f - mean) / std;
            }
        }
    }

    public InputSpec input() {
        return input;
    }

    /// Number of floats of one image: `channels * height * width`.
    public int elements() {
        return Shape.of(input.channels(), input.height(), input.width()).elements();
    }

    /// Steps 1 and 2: an 8-bit image of exactly the network's size and channels. Applying it twice
    /// changes nothing.
    public Image fit(Image image) {
        Image coloured = withChannels(image, input.channels());
        int height = input.height();
        int width = input.width();
        if (image.width() == width && image.height() == height) {
            return coloured;
        }
        Scaled scaled = scaled(image.width(), image.height());
        return Resampler.window(
                coloured, scaled.width, scaled.height, scaled.left, scaled.top, width, height);
    }

    /// What the network sees of an image of that size, for pictures that show it.
    public Crop crop(int width, int height) {
        if (width == input.width() && height == input.height()) {
            return new Crop(0, 0, 1, 1);
        }
        Scaled scaled = scaled(width, height);
        return new Crop(
                (double) scaled.left / scaled.width,
                (double) scaled.top / scaled.height,
                (double) input.width() / scaled.width,
                (double) input.height() / scaled.height);
    }

    /// A window of an image, in parts of its width and height.
    public record Crop(double left, double top, double width, double height) {}

    /// The resized image and where the centre begins that is cut out of it.
    private record Scaled(long width, long height, long left, long top) {}

    private Scaled scaled(int imageWidth, int imageHeight) {
        long coverWidth = (long) Math.floor(input.width() / input.cropFraction());
        long coverHeight = (long) Math.floor(input.height() / input.cropFraction());
        boolean widthDecides = coverWidth * imageHeight >= coverHeight * imageWidth;
        long width = widthDecides ? coverWidth : coverHeight * imageWidth / imageHeight;
        long height = widthDecides ? coverWidth * imageHeight / imageWidth : coverHeight;
        return new Scaled(
                width,
                height,
                (long) Math.rint((width - input.width()) / 2.0),
                (long) Math.rint((height - input.height()) / 2.0));
    }

    /// All steps for one image.
    ///
    /// @param target overwritten with `[c,h,w]` from `offset` on
    public void into(Image image, float[] target, int offset) {
        checkArgument(
                offset >= 0 && offset + (long) elements() <= target.length,
                "an image of %s floats at offset %s does not fit %s floats",
                elements(),
                offset,
                target.length);
        Image fitted = fit(image);
        byte[] pixels = fitted.unsafePixels();
        int channels = input.channels();
        int to = offset;
        for (int channel = 0; channel < channels; channel++) {
            float[] values = table[channel];
            for (int from = channel; from < pixels.length; from += channels) {
                target[to++] = values[pixels[from] & 0xff];
            }
        }
    }

    /// All steps for several images.
    ///
    /// @return `[n,c,h,w]`
    public Tensor batch(List<Image> images) {
        Shape shape = Shape.of(images.size(), input.channels(), input.height(), input.width());
        float[] data = new float[shape.elements()];
        int offset = 0;
        for (Image image : images) {
            into(image, data, offset);
            offset += elements();
        }
        return Tensor.ofOwned(shape, data);
    }

    private static Image withChannels(Image image, int channels) {
        if (image.channels() == channels) {
            return image;
        }
        byte[] source = image.unsafePixels();
        int count = image.width() * image.height();
        byte[] target = new byte[Math.multiplyExact(count, channels)];
        for (int i = 0; i < count; i++) {
            if (channels == 1) {
                target[i] = luma(source, 3 * i);
            } else {
                target[3 * i] = source[i];
                target[3 * i + 1] = source[i];
                target[3 * i + 2] = source[i];
            }
        }
        return new Image(image.width(), image.height(), channels, target);
    }

    /// Pillow's fixed-point luma.
    private static byte luma(byte[] rgb, int at) {
        int red = rgb[at] & 0xff;
        int green = rgb[at + 1] & 0xff;
        int blue = rgb[at + 2] & 0xff;
        return (byte) ((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16);
    }
}
