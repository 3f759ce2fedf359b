package org.repvgg.export;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Linear;
import org.repvgg.model.PlainLayer;
import org.repvgg.model.PlainModel;
import org.repvgg.model.SqueezeExcite;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Writes the plain form as ONNX: nothing but convolutions, ReLUs, pooling and the classifier, its
/// weights under their names in the checkpoint.
public final class Onnx {
    private static final String WEIGHT = ".weight";

    private final OnnxGraph graph;
    private final Iterator<String> names;

    private Onnx(PlainModel model) {
        InputSpec input = model.input();
        graph =
                new OnnxGraph(
                        model.spec().name(),
                        List.of(input.channels(), input.height(), input.width()));
        names =
                ReferenceNames.tensors(model).keySet().stream()
                        .filter(name -> name.endsWith(WEIGHT))
                        .map(name -> name.substring(0, name.length() - WEIGHT.length()))
                        .iterator();
    }

    /// Writes `model` beside `path` and moves it into place. Mean, deviation and class names become
    /// `metadata_props`; the images are to be normalised by the caller.
    ///
    /// @throws IllegalArgumentException if the format does not allow a file of this size
    /// @throws IOException naming the file and the reason, for instance a full disk
    public static void write(PlainModel model, Path path) throws IOException {
        var onnx = new Onnx(model);
        String value = OnnxGraph.INPUT;
        for (PlainLayer layer : model.layers()) {
            value = onnx.add(layer, value);
        }
        onnx.graph.write(path, facts(model));
    }

    private String add(PlainLayer layer, String x) {
        return switch (layer) {
            case PlainLayer.Conv3x3 conv ->
                    graph.conv(
                            x,
                            names.next(),
                            conv.weight(),
                            conv.bias(),
                            conv.stride(),
                            conv.groups());
            case PlainLayer.Relu _ -> graph.relu(x);
            case PlainLayer.Gain gain -> gain(x, gain.weights());
            case PlainLayer.GlobalAveragePool _ -> graph.averagePool(x);
            case PlainLayer.Classify classify -> {
                Linear head = classify.weights();
                graph.classify(x, names.next(), head.weight(), head.bias());
                yield OnnxGraph.OUTPUT;
            }
        };
    }

    private String gain(String x, SqueezeExcite weights) {
        String hidden =
                graph.relu(
                        pixelwise(graph.averagePool(x), weights.downWeight(), weights.downBias()));
        return graph.multiply(
                x, graph.sigmoid(pixelwise(hidden, weights.upWeight(), weights.upBias())));
    }

    private String pixelwise(String x, Tensor weight, Tensor bias) {
        Shape shape = weight.shape();
        Tensor kernel = weight.reshape(Shape.of(shape.dimension(0), shape.dimension(1), 1, 1));
        return graph.conv(x, names.next(), kernel, bias, 1, 1);
    }

    private static Map<String, String> facts(PlainModel model) {
        InputSpec input = model.input();
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("mean", input.mean().toString());
        facts.put("std", input.std().toString());
        if (!input.classNames().isEmpty()) {
            facts.put("classes", String.join("\n", input.classNames()));
        }
        return facts;
    }
}
