package org.repvgg.export;

import org.repvgg.model.SqueezeExcite;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Squeeze-and-excitation as nodes of an ONNX graph.
final class GainNodes {
    private GainNodes() {}

    /// @param down name of the layer that squeezes
    /// @param up name of the layer that excites
    static String add(OnnxGraph graph, String x, String down, String up, SqueezeExcite weights) {
        String mean = graph.averagePool(x);
        String hidden =
                graph.relu(pixelwise(graph, mean, down, weights.downWeight(), weights.downBias()));
        String gains = pixelwise(graph, hidden, up, weights.upWeight(), weights.upBias());
        return graph.multiply(x, graph.sigmoid(gains));
    }

    private static String pixelwise(
            OnnxGraph graph, String x, String name, Tensor weight, Tensor bias) {
        Shape shape = weight.shape();
        Tensor kernel = weight.reshape(Shape.of(shape.dimension(0), shape.dimension(1), 1, 1));
        return graph.conv(x, name, kernel, bias, 1, 1);
    }
}
