package org.repvgg.image;

import java.util.Arrays;

/// Bilinear resizing that averages when it shrinks: Pillow's, bit for bit.
///
/// Each output sample is a weighted mean over a triangle of width `2 * max(scale,1)`, first along
/// rows, then along columns, in fixed point of 22 bits and rounded to 8 bits after each. Only a
/// window of the output is computed.
final class Resampler {
    private static final int PRECISION = 22;

    private Resampler() {}

    /// The window `[top,top+height) x [left,left+width)` of `source` resized to
    /// `[fullHeight,fullWidth]`.
    static Image window(
            Image source,
            long fullWidth,
            long fullHeight,
            long left,
            long top,
            int width,
            int height) {
        Weights across = Weights.of(source.width(), fullWidth, left, width);
        Weights down = Weights.of(source.height(), fullHeight, top, height);
        int channels = source.channels();
        int firstRow = down.first[0];
        int rows = down.first[height - 1] + down.count[height - 1] - firstRow;
        byte[] narrow = new byte[Math.multiplyExact(rows, width * channels)];
        byte[] pixels = source.unsafePixels();
        for (int y = 0; y < rows; y++) {
            int from = (firstRow + y) * source.width() * channels;
            across.row(pixels, from, channels, narrow, y * width * channels);
        }
        byte[] target = new byte[Math.multiplyExact(height, width * channels)];
        down.columns(narrow, firstRow, width * channels, target);
        return new Image(width, height, channels, target);
    }

    /// Where the samples along one axis come from: output `i` is the sum over `k` in `[0,count[i])`
    /// of `weight[i * taps + k] * input[first[i] + k]`, scaled by `2^22`.
    private record Weights(int[] first, int[] count, int[] weight, int taps) {

        static Weights of(int inputSize, long fullSize, long start, int length) {
            double scale = (double) inputSize / fullSize;
            double support = Math.max(scale, 1);
            int taps = (int) Math.ceil(support) * 2 + 1;
            Weights weights =
                    new Weights(
                            new int[length],
                            new int[length],
                            new int[Math.multiplyExact(length, taps)],
                            taps);
            double[] triangle = new double[taps];
            for (int i = 0; i < length; i++) {
                weights.fill(i, (start + i + 0.5) * scale, support, inputSize, triangle);
            }
            return weights;
        }

        private void fill(int i, double centre, double support, int inputSize, double[] triangle) {
            int from = Math.max(0, (int) (centre - support + 0.5));
            int to = Math.min(inputSize, (int) (centre + support + 0.5));
            double sum = 0;
            for (int k = 0; k < to - from; k++) {
                triangle[k] = Math.max(0, 1 - Math.abs((from + k - centre + 0.5) / support));
                sum += triangle[k];
            }
            first[i] = from;
            count[i] = to - from;
            for (int k = 0; k < to - from; k++) {
                weight[i * taps + k] = (int) (0.5 + triangle[k] / sum * (1 << PRECISION));
            }
        }

        void row(byte[] source, int from, int channels, byte[] target, int to) {
            for (int i = 0; i < first.length; i++) {
                for (int channel = 0; channel < channels; channel++) {
                    int sum = 1 << (PRECISION - 1);
                    int at = from + first[i] * channels + channel;
                    for (int k = 0; k < count[i]; k++) {
                        sum += weight[i * taps + k] * (source[at] & 0xff);
                        at += channels;
                    }
                    target[to++] = (byte) Math.min(255, sum >>> PRECISION);
                }
            }
        }

        void columns(byte[] source, int firstRow, int stride, byte[] target) {
            int[] sums = new int[stride];
            for (int i = 0; i < first.length; i++) {
                Arrays.fill(sums, 1 << (PRECISION - 1));
                for (int k = 0; k < count[i]; k++) {
                    int factor = weight[i * taps + k];
                    int from = (first[i] - firstRow + k) * stride;
                    for (int x = 0; x < stride; x++) {
                        sums[x] += factor * (source[from + x] & 0xff);
                    }
                }
                for (int x = 0; x < stride; x++) {
                    target[i * stride + x] = (byte) Math.min(255, sums[x] >>> PRECISION);
                }
            }
        }
    }
}
