package org.repvgg.export;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.Linear;
import org.repvgg.model.PlainLayer;
import org.repvgg.model.PlainModel;
import org.repvgg.tensor.Tensor;

/// The plain form as nodes of an ONNX graph, layer by layer.
final class PlainNodes {
    private static final String WEIGHT = ".weight";

    private final OnnxGraph graph;
    private final Iterator<String> names;
    private final List<String> blocks = new ArrayList<>();

    private PlainNodes(OnnxGraph graph, PlainModel model) {
        this.graph = graph;
        this.names =
                ReferenceNames.tensors(model).keySet().stream()
                        .filter(name -> name.endsWith(WEIGHT))
                        .map(name -> name.substring(0, name.length() - WEIGHT.length()))
                        .iterator();
    }

    static Onnx.Body add(OnnxGraph graph, String images, PlainModel model) {
        var nodes = new PlainNodes(graph, model);
        String x = images;
        for (PlainLayer layer : model.layers()) {
            boolean startsAnew =
                    layer instanceof PlainLayer.Conv3x3
                            || layer instanceof PlainLayer.GlobalAveragePool;
            if (startsAnew && !x.equals(images)) {
                nodes.blocks.add(x);
            }
            x = nodes.add(layer, x);
        }
        return new Onnx.Body(nodes.blocks, x);
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
            case PlainLayer.Gain gain ->
                    GainNodes.add(graph, x, names.next(), names.next(), gain.weights());
            case PlainLayer.GlobalAveragePool _ -> graph.averagePool(x);
            case PlainLayer.Classify(Linear(Tensor weight, Tensor bias)) ->
                    graph.linear(x, names.next(), weight, bias);
        };
    }
}
