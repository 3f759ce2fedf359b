package org.repvgg.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.repvgg.export.OnnxGraph;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// The networks that the paper compares RepVGG with (Table 4), with random weights and their batch
/// norms folded: how fast they are does not depend on what they have learnt. Layers and names are
/// torchvision's.
public enum OtherNetwork {
    RESNET18(71.16, Residual.BASIC, 2, 2, 2, 2),
    RESNET34(74.17, Residual.BASIC, 3, 4, 6, 3),
    RESNET50(76.31, Residual.BOTTLENECK, 3, 4, 6, 3),
    RESNET101(77.21, Residual.BOTTLENECK, 3, 4, 23, 3),
    VGG16(72.21, Residual.NONE, 2, 2, 3, 3, 3);

    private static final int CLASSES = 1000;
    private static final int STAGE_WIDTH = 64;
    private static final int WIDEST = 512; // of VGG
    private static final int HIDDEN = 4096; // of VGG's classifier

    private final double accuracy;
    private final Residual residual;
    private final int[] depths;

    private enum Residual {
        NONE(1),
        BASIC(1),
        BOTTLENECK(4);

        /// Channels that leave a block, for each that its 3x3 convolution has.
        final int expansion;

        Residual(int expansion) {
            this.expansion = expansion;
        }
    }

    OtherNetwork(double accuracy, Residual residual, int... depths) {
        this.accuracy = accuracy;
        this.residual = residual;
        this.depths = depths;
    }

    public String title() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// Top-1 on ImageNet in percent, as the paper reports it (Table 4).
    public double paperAccuracy() {
        return accuracy;
    }

    /// Finds a network by its title.
    public static Optional<OtherNetwork> find(String title) {
        return Stream.of(values())
                .filter(network -> network.title().equals(title.toLowerCase(Locale.ROOT)))
                .findFirst();
    }

    /// Writes it as ONNX, for images of `[3,height,width]`.
    ///
    /// @return multiply-adds for one image
    long write(Path path, int height, int width) throws IOException {
        var writer = new Writer(title(), height, width);
        if (residual == Residual.NONE) {
            writer.vgg(depths);
        } else {
            writer.resNet(residual, depths);
        }
        writer.graph.write(path, Map.of());
        return writer.multiplyAdds;
    }

    /// Adds layer after layer, keeping the size of the maps.
    private static final class Writer {
        final OnnxGraph graph;
        final SplittableRandom random = new SplittableRandom(1);
        long multiplyAdds;

        /// What the next layer sees.
        private record Maps(String value, int channels, int height, int width) {}

        private Maps now;

        Writer(String name, int height, int width) {
            graph = new OnnxGraph(name, List.of(3, height, width));
            now = new Maps(OnnxGraph.INPUT, 3, height, width);
        }

        void resNet(Residual residual, int[] depths) {
            now = rectified(conv(now, "conv1", STAGE_WIDTH, 7, 2));
            now = pooled(now, 3, 2, 1);
            for (int stage = 0; stage < depths.length; stage++) {
                int width = STAGE_WIDTH << stage;
                for (int block = 0; block < depths[stage]; block++) {
                    String name = "layer" + (stage + 1) + "." + block;
                    now = block(residual, name, width, stage > 0 && block == 0 ? 2 : 1);
                }
            }
            classify(graph.averagePool(now.value), "fc", now.channels);
        }

        private Maps block(Residual residual, String name, int width, int stride) {
            int out = width * residual.expansion;
            Maps y;
            if (residual == Residual.BASIC) {
                y = rectified(conv(now, name + ".conv1", width, 3, stride));
                y = conv(y, name + ".conv2", out, 3, 1);
            } else {
                y = rectified(conv(now, name + ".conv1", width, 1, 1));
                y = rectified(conv(y, name + ".conv2", width, 3, stride));
                y = conv(y, name + ".conv3", out, 1, 1);
            }
            Maps shortcut =
                    stride == 1 && now.channels == out
                            ? now
                            : conv(now, name + ".downsample.0", out, 1, stride);
            return rectified(new Maps(graph.add(y.value, shortcut.value), out, y.height, y.width));
        }

        void vgg(int[] depths) {
            int layer = 0;
            for (int stage = 0; stage < depths.length; stage++) {
                int width = Math.min(WIDEST, STAGE_WIDTH << stage);
                for (int block = 0; block < depths[stage]; block++) {
                    now = rectified(conv(now, "features." + layer, width, 3, 1));
                    layer += 2; // torchvision counts the ReLUs
                }
                now = pooled(now, 2, 2, 0);
                layer++;
            }
            int features = now.channels * now.height * now.width;
            String hidden = graph.relu(linear(now.value, "classifier.0", features));
            hidden = graph.relu(linear(hidden, "classifier.3", HIDDEN));
            classify(hidden, "classifier.6", HIDDEN);
        }

        private Maps conv(Maps x, String name, int out, int size, int stride) {
            int terms = x.channels * size * size;
            Tensor weight = normal(Math.sqrt(2.0 / terms), out, x.channels, size, size);
            int height = (x.height - 1) / stride + 1;
            int width = (x.width - 1) / stride + 1;
            multiplyAdds += (long) terms * out * height * width;
            Tensor bias = Tensor.zeros(Shape.of(out));
            return new Maps(graph.conv(x.value, name, weight, bias, stride, 1), out, height, width);
        }

        private Maps rectified(Maps x) {
            return new Maps(graph.relu(x.value), x.channels, x.height, x.width);
        }

        private Maps pooled(Maps x, int size, int stride, int pad) {
            return new Maps(
                    graph.maxPool(x.value, size, stride, pad),
                    x.channels,
                    (x.height + 2 * pad - size) / stride + 1,
                    (x.width + 2 * pad - size) / stride + 1);
        }

        private String linear(String x, String name, int in) {
            multiplyAdds += (long) in * HIDDEN;
            Tensor weight = normal(Math.sqrt(2.0 / in), HIDDEN, in);
            return graph.linear(x, name, weight, Tensor.zeros(Shape.of(HIDDEN)));
        }

        private void classify(String x, String name, int in) {
            multiplyAdds += (long) in * CLASSES;
            Tensor weight = normal(Math.sqrt(1.0 / in), CLASSES, in);
            graph.classify(x, name, weight, Tensor.zeros(Shape.of(CLASSES)));
        }

        private Tensor normal(double deviation, int... extents) {
            Shape shape = Shape.of(extents);
            float[] values = new float[shape.elements()];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (deviation * random.nextGaussian());
            }
            return Tensor.ofOwned(shape, values);
        }
    }
}
