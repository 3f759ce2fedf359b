package org.repvgg.train.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.repvgg.tensor.Shape;
import org.repvgg.train.torch.TorchOptions.Device;
import org.repvgg.train.torch.TorchOptions.Layout;

/// Outputs and both gradients against sums written out in double, where oneDNN alone fails and
/// where it does not.
final class TestConvolutions {
    private static final long SEED = 3;
    private static final int IMAGES = 16; // below 16, libtorch does not always ask oneDNN

    /// Of the largest element: sums of up to 16·49 products in single precision.
    private static final double FP32_TOLERANCE = 1e-5;

    /// Of the largest element: factors and results are rounded to 8 bits of mantissa, and partial
    /// sums where the processor does not multiply bf16 by itself. Measured at most 1.02e-2.
    private static final double BF16_TOLERANCE = 2e-2;

    /// Weight `[out,in/groups,kernel,kernel]`, images `[16,in,size,size]`.
    private record Case(int in, int out, int groups, int kernel, int stride, int size) {
        int inPerGroup() {
            return in / groups;
        }

        int outPerGroup() {
            return out / groups;
        }

        int outputSize() {
            return (size + stride - 1) / stride;
        }
    }

    @ParameterizedTest
    @CsvSource({
        "16,24,1,3,1,5",
        "16,24,1,3,2,5",
        "16,24,1,1,1,5",
        "16,24,1,1,2,5", // sound
        "3,48,1,1,2,8",
        "8,16,1,1,2,7",
        "15,16,1,1,2,8", // few inputs, strided 1x1
        "16,36,1,1,1,4",
        "17,33,1,1,2,4",
        "16,80,1,1,2,4",
        "48,80,2,1,1,4",
        "12,12,12,1,1,4",
        "32,512,1,1,1,4",
        "64,400,1,1,2,8",
        "256,1024,1,1,1,4",
        "64,1280,2,1,2,2", // 1x1, some with many outputs
        "16,48,1,3,2,1",
        "16,32,2,3,2,1", // one pixel
        "16,17,1,3,1,4",
        "16,19,1,1,1,4",
        "16,5,1,3,2,4",
        "14,10,2,3,1,4", // odd outputs
        "1,16,1,1,2,8",
        "1,48,1,3,1,4",
        "12,12,12,3,1,4", // one input
        "16,24,1,3,1,2",
        "17,19,1,3,2,2",
        "3,16,1,5,1,3",
        "16,24,1,3,1,3" // every output sees every input, and the next larger map
    })
    void equalsItsDefinition(int in, int out, int groups, int kernel, int stride, int size) {
        Libtorch.load(Device.CPU);
        torch.set_num_threads(2);
        Case shape = new Case(in, out, groups, kernel, stride, size);
        check(shape, false);
        check(shape, true);
    }

    private static void check(Case shape, boolean bf16) {
        try (PointerScope _ = new PointerScope()) {
            leaveNanInFreedMemory();
            Tensor x = random(bf16, IMAGES, shape.in, shape.size, shape.size);
            Tensor w = random(bf16, shape.out, shape.inPerGroup(), shape.kernel, shape.kernel);
            Tensor g = random(bf16, IMAGES, shape.out, shape.outputSize(), shape.outputSize());
            x.set_requires_grad(true);
            w.set_requires_grad(true);
            Tensor y =
                    bf16 ? Autocast.bf16(DeviceType.CPU, () -> run(x, w, shape)) : run(x, w, shape);
            y.to(ScalarType.Float).mul(g).sum().backward();

            double[][] expected = define(floats(x), floats(w), floats(g), shape);
            double tolerance = bf16 ? BF16_TOLERANCE : FP32_TOLERANCE;
            assertClose("output", y, expected[0], tolerance);
            assertClose("input gradient", x.grad(), expected[1], tolerance);
            assertClose("weight gradient", w.grad(), expected[2], tolerance);
        }
    }

    private static Tensor run(Tensor x, Tensor w, Case shape) {
        int pad = shape.kernel / 2;
        return Convolutions.convolve(x, w, shape.stride, pad, pad, shape.groups);
    }

    private static void leaveNanInFreedMemory() {
        try (PointerScope _ = new PointerScope()) {
            for (int size = 64; size < 1 << 18; size = size * 5 / 4) {
                for (int i = 0; i < 8; i++) {
                    Tensor _ = torch.full(new long[] {size}, new Scalar(Double.NaN));
                }
            }
        }
    }

    /// Values that bf16 holds exactly where `bf16`, so that only the arithmetic differs.
    private static Tensor random(boolean bf16, int... dimensions) {
        var random = new SplittableRandom(SEED);
        Shape shape = Shape.of(dimensions);
        float[] values = new float[shape.elements()];
        for (int i = 0; i < values.length; i++) {
            float value = (float) random.nextGaussian();
            values[i] =
                    bf16
                            ? Float.intBitsToFloat(Float.floatToRawIntBits(value) & 0xffff0000)
                            : value;
        }
        return new NativeTensors(Device.CPU, Layout.CHANNELS_LAST)
                .toNative(org.repvgg.tensor.Tensor.ofOwned(shape, values));
    }

    private static float[] floats(Tensor tensor) {
        return NativeTensors.toJava(tensor).unsafeArray();
    }

    /// Output, input gradient and weight gradient.
    private static double[][] define(float[] x, float[] w, float[] g, Case c) {
        int edge = c.outputSize();
        double[] y = new double[g.length];
        double[] dx = new double[x.length];
        double[] dw = new double[w.length];
        for (int at = 0; at < g.length; at++) {
            int column = at % edge;
            int row = at / edge % edge;
            int o = at / edge / edge % c.out;
            int n = at / edge / edge / c.out;
            for (int i = 0; i < c.inPerGroup(); i++) {
                int channel = o / c.outPerGroup() * c.inPerGroup() + i;
                for (int tap = 0; tap < c.kernel * c.kernel; tap++) {
                    int h = row * c.stride + tap / c.kernel - c.kernel / 2;
                    int v = column * c.stride + tap % c.kernel - c.kernel / 2;
                    if (h < 0 || v < 0 || h >= c.size || v >= c.size) {
                        continue;
                    }
                    int from = ((n * c.in + channel) * c.size + h) * c.size + v;
                    int weight = (o * c.inPerGroup() + i) * c.kernel * c.kernel + tap;
                    y[at] += (double) x[from] * w[weight];
                    dx[from] += (double) g[at] * w[weight];
                    dw[weight] += (double) g[at] * x[from];
                }
            }
        }
        return new double[][] {y, dx, dw};
    }

    private static void assertClose(
            String what, Tensor tensor, double[] expected, double tolerance) {
        float[] actual = floats(tensor);
        double largest = 0;
        for (double value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        double difference = 0;
        for (int i = 0; i < actual.length; i++) {
            double here = Math.abs(actual[i] - expected[i]);
            difference = Double.isNaN(here) ? Double.POSITIVE_INFINITY : Math.max(difference, here);
        }
        assertThat(difference / largest).as(what).isLessThan(tolerance);
    }
}
