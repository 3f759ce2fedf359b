package org.repvgg.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentSampleModel;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/// From what ImageIO decodes to an [Image]: samples as stored, no colour management.
///
/// Java's own conversion (`getRGB`) takes grey for linear light and brightens it; other programs do
/// not, so networks have never seen that.
final class Rasters {
    private Rasters() {}

    /// Alpha is dropped, 16 bits keep their upper 8, fewer than 8 bits are stretched to 0…255.
    static Image toImage(BufferedImage decoded) {
        Raster raster = decoded.getRaster();
        ColorModel colours = decoded.getColorModel();
        if (colours instanceof IndexColorModel palette) {
            return fromPalette(raster, palette);
        }
        int type = colours.getColorSpace().getType();
        int bands = raster.getNumBands();
        boolean grey = type == ColorSpace.TYPE_GRAY && bands <= 2;
        boolean direct = type == ColorSpace.TYPE_RGB && bands >= 3;
        if (!grey && !direct) {
            return fromColourModel(decoded);
        }
        int channels = grey ? 1 : 3;
        if (raster.getDataBuffer() instanceof DataBufferByte data
                && raster.getSampleModel() instanceof ComponentSampleModel model
                && data.getNumBanks() == 1
                && raster.getSampleModelTranslateX() == 0
                && raster.getSampleModelTranslateY() == 0) {
            return fromBytes(raster, data, model, channels);
        }
        return fromSamples(raster, channels);
    }

    /// `red = cyan * black / 255` and so on: print colours as Adobe stores them, where 255 is no
    /// ink. An approximation, the one Pillow makes.
    ///
    /// @param raster four bands: C, M, Y, K, or Y, Cb, Cr, K
    /// @param ycck whether the first three bands are Y, Cb, Cr
    static Image fromPrintColours(Raster raster, boolean ycck) {
        int width = raster.getWidth();
        int height = raster.getHeight();
        byte[] pixels = new byte[Math.multiplyExact(Math.multiplyExact(width, height), 3)];
        int[] row = new int[width * 4];
        for (int y = 0; y < height; y++) {
            raster.getPixels(0, y, width, 1, row);
            for (int x = 0; x < width; x++) {
                int at = (y * width + x) * 3;
                if (ycck) {
                    inkFromYcc(row, 4 * x);
                }
                for (int channel = 0; channel < 3; channel++) {
                    pixels[at + channel] =
                            (byte) ((row[4 * x + channel] * row[4 * x + 3] + 127) / 255);
                }
            }
        }
        return new Image(width, height, 3, pixels);
    }

    /// YCbCr → 255 - RGB, in place.
    private static void inkFromYcc(int[] row, int at) {
        double luma = row[at];
        double blue = row[at + 1] - 128;
        double red = row[at + 2] - 128;
        row[at] = 255 - clamp(luma + 1.402 * red);
        row[at + 1] = 255 - clamp(luma - 0.344136 * blue - 0.714136 * red);
        row[at + 2] = 255 - clamp(luma + 1.772 * blue);
    }

    private static int clamp(double value) {
        return Math.clamp(Math.round(value), 0, 255);
    }

    private static Image fromBytes(
            Raster raster, DataBufferByte data, ComponentSampleModel model, int channels) {
        int width = raster.getWidth();
        int height = raster.getHeight();
        byte[] pixels = new byte[Math.multiplyExact(Math.multiplyExact(width, height), channels)];
        byte[] source = data.getData();
        int step = model.getPixelStride();
        for (int channel = 0; channel < channels; channel++) {
            int base = data.getOffset() + model.getBandOffsets()[channel];
            int to = channel;
            for (int y = 0; y < height; y++) {
                int from = base + y * model.getScanlineStride();
                for (int x = 0; x < width; x++) {
                    pixels[to] = source[from];
                    from += step;
                    to += channels;
                }
            }
        }
        return new Image(width, height, channels, pixels);
    }

    private static Image fromSamples(Raster raster, int channels) {
        int width = raster.getWidth();
        int height = raster.getHeight();
        byte[] pixels = new byte[Math.multiplyExact(Math.multiplyExact(width, height), channels)];
        int[] row = new int[width];
        for (int channel = 0; channel < channels; channel++) {
            int bits = raster.getSampleModel().getSampleSize(channel);
            for (int y = 0; y < height; y++) {
                raster.getSamples(0, y, width, 1, channel, row);
                for (int x = 0; x < width; x++) {
                    pixels[(y * width + x) * channels + channel] = (byte) toEightBits(row[x], bits);
                }
            }
        }
        return new Image(width, height, channels, pixels);
    }

    private static int toEightBits(int sample, int bits) {
        return bits >= 8 ? sample >>> (bits - 8) : sample * 255 / ((1 << bits) - 1);
    }

    private static Image fromPalette(Raster raster, IndexColorModel palette) {
        int size = palette.getMapSize();
        byte[][] colours = new byte[3][256 > size ? 256 : size];
        palette.getReds(colours[0]);
        palette.getGreens(colours[1]);
        palette.getBlues(colours[2]);
        int channels = isGrey(colours, size) ? 1 : 3;
        int width = raster.getWidth();
        int height = raster.getHeight();
        byte[] pixels = new byte[Math.multiplyExact(Math.multiplyExact(width, height), channels)];
        int[] row = new int[width];
        int to = 0;
        for (int y = 0; y < height; y++) {
            raster.getSamples(0, y, width, 1, 0, row);
            for (int index : row) {
                for (int channel = 0; channel < channels; channel++) {
                    pixels[to++] = colours[channel][index];
                }
            }
        }
        return new Image(width, height, channels, pixels);
    }

    private static boolean isGrey(byte[][] colours, int size) {
        for (int i = 0; i < size; i++) {
            if (colours[0][i] != colours[1][i] || colours[0][i] != colours[2][i]) {
                return false;
            }
        }
        return true;
    }

    private static Image fromColourModel(BufferedImage decoded) {
        int width = decoded.getWidth();
        int height = decoded.getHeight();
        byte[] pixels = new byte[Math.multiplyExact(Math.multiplyExact(width, height), 3)];
        int[] row = new int[width];
        int to = 0;
        for (int y = 0; y < height; y++) {
            decoded.getRGB(0, y, width, 1, row, 0, width);
            for (int rgb : row) {
                pixels[to++] = (byte) (rgb >> 16);
                pixels[to++] = (byte) (rgb >> 8);
                pixels[to++] = (byte) rgb;
            }
        }
        return new Image(width, height, 3, pixels);
    }
}
