package org.repvgg.benchmark;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.repvgg.model.Linear;
import org.repvgg.model.PlainLayer;
import org.repvgg.model.PlainModel;
import org.repvgg.model.SqueezeExcite;
import org.repvgg.tensor.Tensor;

/// What the plain form answers in double precision, one image at a time: nothing but the
/// definition, to measure everybody's rounding against.
final class ExactAnswer {
    private ExactAnswer() {}

    /// Maps of one image.
    private record Maps(int channels, int height, int width, double[] values) {
        int pixels() {
            return height * width;
        }
    }

    /// The logits of the first of `images`, `[n,c,h,w]`.
    static double[] logits(PlainModel model, Tensor images) {
        int channels = images.shape().dimension(1);
        int height = images.shape().dimension(2);
        int width = images.shape().dimension(3);
        double[] pixels = new double[channels * height * width];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = images.get(i);
        }
        Maps now = new Maps(channels, height, width, pixels);
        for (PlainLayer layer : model.layers()) {
            now =
                    switch (layer) {
                        case PlainLayer.Conv3x3 conv -> convolved(conv, now);
                        case PlainLayer.Relu _ -> rectified(now);
                        case PlainLayer.Gain(SqueezeExcite weights) -> gained(weights, now);
                        case PlainLayer.GlobalAveragePool _ -> means(now);
                        case PlainLayer.Classify(Linear weights) -> linear(weights, now);
                    };
        }
        return now.values;
    }

    /// The largest difference of `logits`' first row to the exact ones, relative to the largest of
    /// those.
    static double relativeError(double[] exact, Tensor logits) {
        double largest = 0;
        double magnitude = 0;
        for (int i = 0; i < exact.length; i++) {
            double difference = Math.abs(exact[i] - logits.get(i));
            largest = Double.isNaN(difference) ? difference : Math.max(largest, difference);
            magnitude = Math.max(magnitude, Math.abs(exact[i]));
        }
        return largest / magnitude;
    }

    private static Maps convolved(PlainLayer.Conv3x3 conv, Maps x) {
        int height = (x.height - 1) / conv.stride() + 1;
        int width = (x.width - 1) / conv.stride() + 1;
        double[] y = new double[conv.out() * height * width];
        IntStream.range(0, conv.out())
                .parallel()
                .forEach(out -> channel(conv, x, out, y, height, width));
        return new Maps(conv.out(), height, width, y);
    }

    /// `y[out] = bias[out] + sum over in, dy, dx of weight[out,in,dy,dx] * x[in, s*i+dy-1,
    /// s*j+dx-1]`.
    private static void channel(
            PlainLayer.Conv3x3 conv, Maps x, int out, double[] y, int height, int width) {
        float[] weight = conv.weight().unsafeArray();
        int inPerGroup = conv.in() / conv.groups();
        int firstIn = out / (conv.out() / conv.groups()) * inPerGroup;
        int to = out * height * width;
        Arrays.fill(y, to, to + height * width, conv.bias().get(out));
        for (int in = 0; in < inPerGroup; in++) {
            for (int tap = 0; tap < 9; tap++) {
                double factor = weight[(out * inPerGroup + in) * 9 + tap];
                for (int i = 0; i < height; i++) {
                    int row = i * conv.stride() + tap / 3 - 1;
                    if (row >= 0 && row < x.height) {
                        int from = ((firstIn + in) * x.height + row) * x.width;
                        row(factor, x, from, tap % 3 - 1, conv.stride(), y, to + i * width, width);
                    }
                }
            }
        }
    }

    private static void row(
            double factor, Maps x, int from, int shift, int stride, double[] y, int to, int width) {
        for (int j = 0; j < width; j++) {
            int column = j * stride + shift;
            if (column >= 0 && column < x.width) {
                y[to + j] += factor * x.values[from + column];
            }
        }
    }

    private static Maps rectified(Maps x) {
        return new Maps(
                x.channels,
                x.height,
                x.width,
                Arrays.stream(x.values).map(value -> Math.max(0, value)).toArray());
    }

    private static Maps means(Maps x) {
        double[] means = new double[x.channels];
        for (int i = 0; i < x.values.length; i++) {
            means[i / x.pixels()] += x.values[i] / x.pixels();
        }
        return new Maps(x.channels, 1, 1, means);
    }

    private static Maps linear(Linear weights, Maps x) {
        int in = weights.weight().shape().dimension(1);
        double[] y = new double[weights.weight().shape().dimension(0)];
        for (int out = 0; out < y.length; out++) {
            y[out] = weights.bias().get(out);
            for (int i = 0; i < in; i++) {
                y[out] += weights.weight().get(out * in + i) * x.values[i];
            }
        }
        return new Maps(y.length, 1, 1, y);
    }

    private static Maps gained(SqueezeExcite weights, Maps x) {
        Maps hidden = linear(new Linear(weights.downWeight(), weights.downBias()), means(x));
        double[] gains =
                linear(new Linear(weights.upWeight(), weights.upBias()), rectified(hidden)).values;
        double[] y = new double[x.values.length];
        for (int i = 0; i < y.length; i++) {
            y[i] = x.values[i] / (1 + Math.exp(-gains[i / x.pixels()]));
        }
        return new Maps(x.channels, x.height, x.width, y);
    }
}
