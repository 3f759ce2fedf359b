package org.repvgg.export;

import static org.repvgg.tensor.Checks.checkArgument;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.repvgg.format.AtomicFile;
import org.repvgg.format.BufferedChannel;
import org.repvgg.tensor.Tensor;

/// A network as ONNX spells it: nodes with operators, from one input to one output, and the weights
/// that they read.
///
/// Written as IR version 9 with operator set 17, which ONNX Runtime has read since 1.13. The first
/// dimension of input and output is called `N` and free.
///
/// ```java
/// var graph = new OnnxGraph("tiny", List.of(3, 32, 32));
/// String maps = graph.relu(graph.conv(OnnxGraph.INPUT, "stem", weight, bias, 1, 1));
/// graph.classify(graph.averagePool(maps), "head", headWeight, headBias);
/// graph.write(path, Map.of());
/// ```
public final class OnnxGraph {
    /// The images, `[N,c,h,w]`.
    public static final String INPUT = "images";

    /// The scores, `[N,classes]`.
    public static final String OUTPUT = "logits";

    private static final int IR_VERSION = 9;
    private static final int OPERATOR_SET = 17;

    private static final int FLOAT = 1; // an element type

    /// The field numbers of onnx.proto that are used here.
    private static final class Model {
        static final int IR_VERSION = 1;
        static final int PRODUCER = 2;
        static final int GRAPH = 7;
        static final int OPERATOR_SETS = 8;
        static final int METADATA = 14;
    }

    private static final class OperatorSet {
        static final int VERSION = 2;
    }

    private static final class Entry {
        static final int KEY = 1;
        static final int VALUE = 2;
    }

    private static final class Graph {
        static final int NODE = 1;
        static final int NAME = 2;
        static final int INITIALIZER = 5;
        static final int INPUT = 11;
        static final int OUTPUT = 12;
    }

    private static final class Node {
        static final int INPUT = 1;
        static final int OUTPUT = 2;
        static final int OPERATOR = 4;
        static final int ATTRIBUTE = 5;
    }

    private static final class Attribute {
        static final int NAME = 1;
        static final int INT = 3;
        static final int INTS = 8;
        static final int TYPE = 20;
        static final int TYPE_INT = 2;
        static final int TYPE_INTS = 7;
    }

    private static final class Value {
        static final int NAME = 1;
        static final int TYPE = 2;
        static final int TENSOR_TYPE = 1;
        static final int ELEMENT_TYPE = 1;
        static final int SHAPE = 2;
        static final int DIMENSION = 1;
        static final int DIMENSION_VALUE = 1;
        static final int DIMENSION_NAME = 2;
    }

    private static final class Weights {
        static final int DIMENSIONS = 1;
        static final int TYPE = 2;
        static final int NAME = 8;
        static final int RAW = 9;
    }

    private final ProtobufMessage graph = new ProtobufMessage();
    private final Set<String> weights = new HashSet<>();
    private int nodes;
    private boolean classified;

    /// @param name of the network
    /// @param image dimensions of one image, `c,h,w`
    public OnnxGraph(String name, List<Integer> image) {
        graph.add(Graph.NAME, name);
        graph.add(Graph.INPUT, value(INPUT, image));
    }

    /// A convolution with square strides that pads by half its kernel.
    ///
    /// @param weight `[out,in/groups,h,w]`, not copied, called `name.weight`
    /// @param bias `[out]`, not copied, called `name.bias`
    /// @return the name of the maps it gives
    /// @throws IllegalArgumentException if the name is taken
    public String conv(String x, String name, Tensor weight, Tensor bias, int stride, int groups) {
        int height = weight.shape().dimension(2);
        int width = weight.shape().dimension(3);
        return node(
                "Conv",
                List.of(x, weights(name + ".weight", weight), weights(name + ".bias", bias)),
                attribute("group", groups),
                attribute("kernel_shape", height, width),
                attribute("pads", height / 2, width / 2, height / 2, width / 2),
                attribute("strides", stride, stride));
    }

    /// `max(x, 0)`.
    public String relu(String x) {
        return node("Relu", List.of(x));
    }

    public String sigmoid(String x) {
        return node("Sigmoid", List.of(x));
    }

    /// The sum of values of one shape.
    public String add(String a, String b) {
        return node("Add", List.of(a, b));
    }

    /// The product of maps and gains `[N,c,1,1]`.
    public String multiply(String maps, String gains) {
        return node("Mul", List.of(maps, gains));
    }

    /// The largest of each square of `size` pixels, `pad` pixels beyond the border at most.
    public String maxPool(String x, int size, int stride, int pad) {
        return node(
                "MaxPool",
                List.of(x),
                attribute("kernel_shape", size, size),
                attribute("pads", pad, pad, pad, pad),
                attribute("strides", stride, stride));
    }

    /// The mean over height and width, `[N,c,1,1]`.
    public String averagePool(String x) {
        return node("GlobalAveragePool", List.of(x));
    }

    /// `[N,c,h,w]` → `[N,out]`, from all values of an image.
    ///
    /// @param weight `[out,c*h*w]`, not copied, called `name.weight`
    /// @param bias `[out]`, not copied, called `name.bias`
    /// @throws IllegalArgumentException if the name is taken
    public String linear(String x, String name, Tensor weight, Tensor bias) {
        return linear(x, name, weight, bias, "Gemm" + nodes);
    }

    /// Likewise, as the network's answer, [#OUTPUT].
    public void classify(String x, String name, Tensor weight, Tensor bias) {
        checkArgument(!classified, "a network answers once: %s", name);
        linear(x, name, weight, bias, OUTPUT);
        graph.add(Graph.OUTPUT, value(OUTPUT, List.of(weight.shape().dimension(0))));
        classified = true;
    }

    /// Writes the file beside and moves it into place.
    ///
    /// @param facts kept in the file as `metadata_props`
    /// @throws IllegalArgumentException if there is no answer, or if the format does not allow a
    ///   file of this size
    /// @throws IOException naming the file and the reason, for instance a full disk
    public void write(Path path, Map<String, String> facts) throws IOException {
        checkArgument(classified, "a network needs an answer: %s", path);
        var model =
                new ProtobufMessage()
                        .add(Model.IR_VERSION, IR_VERSION)
                        .add(Model.PRODUCER, "repvgg")
                        .add(Model.GRAPH, graph)
                        .add(
                                Model.OPERATOR_SETS,
                                new ProtobufMessage().add(OperatorSet.VERSION, OPERATOR_SET));
        facts.forEach(
                (key, value) ->
                        model.add(
                                Model.METADATA,
                                new ProtobufMessage().add(Entry.KEY, key).add(Entry.VALUE, value)));
        checkArgument(
                model.size() <= ProtobufMessage.MAX_BYTES,
                "an ONNX file holds at most %s bytes, %s would have %s",
                ProtobufMessage.MAX_BYTES,
                path,
                model.size());
        AtomicFile.write(
                path,
                channel -> {
                    var out = new BufferedChannel(channel);
                    model.writeTo(out);
                    out.flush();
                });
    }

    private String linear(String x, String name, Tensor weight, Tensor bias, String output) {
        return node(
                "Gemm",
                List.of(
                        node("Flatten", List.of(x)),
                        weights(name + ".weight", weight),
                        weights(name + ".bias", bias)),
                List.of(attribute("transB", 1)),
                output);
    }

    private String node(String operator, List<String> inputs, ProtobufMessage... attributes) {
        return node(operator, inputs, List.of(attributes), operator + nodes);
    }

    private String node(
            String operator, List<String> inputs, List<ProtobufMessage> attributes, String output) {
        var node = new ProtobufMessage();
        inputs.forEach(name -> node.add(Node.INPUT, name));
        node.add(Node.OUTPUT, output).add(Node.OPERATOR, operator);
        attributes.forEach(attribute -> node.add(Node.ATTRIBUTE, attribute));
        graph.add(Graph.NODE, node);
        nodes++;
        return output;
    }

    private static ProtobufMessage attribute(String name, long value) {
        return new ProtobufMessage()
                .add(Attribute.NAME, name)
                .add(Attribute.INT, value)
                .add(Attribute.TYPE, Attribute.TYPE_INT);
    }

    private static ProtobufMessage attribute(String name, int... values) {
        var message = new ProtobufMessage().add(Attribute.NAME, name);
        for (int value : values) {
            message.add(Attribute.INTS, value);
        }
        return message.add(Attribute.TYPE, Attribute.TYPE_INTS);
    }

    private String weights(String name, Tensor tensor) {
        checkArgument(weights.add(name), "two tensors of one name: %s", name);
        var message = new ProtobufMessage();
        for (int dimension : tensor.shape().toArray()) {
            message.add(Weights.DIMENSIONS, dimension);
        }
        graph.add(
                Graph.INITIALIZER,
                message.add(Weights.TYPE, FLOAT)
                        .add(Weights.NAME, name)
                        .add(Weights.RAW, tensor.unsafeArray()));
        return name;
    }

    /// A value of floats whose first dimension is `N`.
    private static ProtobufMessage value(String name, List<Integer> dimensions) {
        var shape = new ProtobufMessage();
        shape.add(Value.DIMENSION, new ProtobufMessage().add(Value.DIMENSION_NAME, "N"));
        for (int dimension : dimensions) {
            shape.add(Value.DIMENSION, new ProtobufMessage().add(Value.DIMENSION_VALUE, dimension));
        }
        var tensor = new ProtobufMessage().add(Value.ELEMENT_TYPE, FLOAT).add(Value.SHAPE, shape);
        return new ProtobufMessage()
                .add(Value.NAME, name)
                .add(Value.TYPE, new ProtobufMessage().add(Value.TENSOR_TYPE, tensor));
    }
}
