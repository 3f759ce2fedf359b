package org.repvgg.export;

import static org.repvgg.tensor.Checks.checkArgument;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.repvgg.export.Signature.Dimension;
import org.repvgg.model.BatchNorm;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// A network as ONNX spells it: nodes with operators, from one input to the outputs, and the
/// weights that they read.
///
/// ```java
/// var graph = new OnnxGraph("tiny", List.of(3, 32, 32));
/// String maps = graph.relu(graph.conv(OnnxGraph.INPUT, "stem", weight, bias, 1, 1));
/// graph.classify(graph.averagePool(maps), "head", headWeight, headBias);
/// graph.write(path, Map.of());
/// ```
public final class OnnxGraph {
    /// The images, `[N,c,h,w]`.
    public static final String INPUT = Signature.IMAGES;

    /// The scores, `[N,classes]`.
    public static final String OUTPUT = Signature.LOGITS;

    private final String name;
    private final Signature.Value input;
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, Tensor> weights = new LinkedHashMap<>();
    private final Map<String, Signature.Value> outputs = new LinkedHashMap<>(); // by value

    /// One operator.
    ///
    /// @param inputs values and weights that it reads
    /// @param output the value that it gives
    record Node(
            String operator, List<String> inputs, String output, Map<String, Attribute> settings) {}

    /// A setting of an operator.
    sealed interface Attribute {
        record Number(float value) implements Attribute {}

        record Whole(int value) implements Attribute {}

        record Wholes(List<Integer> values) implements Attribute {}
    }

    /// @param name of the network
    public OnnxGraph(String name, Signature.Value input) {
        this.name = name;
        this.input = input;
    }

    /// A network for images of one size, in batches of any.
    ///
    /// @param image dimensions of one image, `c,h,w`
    public OnnxGraph(String name, List<Integer> image) {
        this(name, batch(INPUT, image, "normalised images"));
    }

    /// A convolution with square strides that pads by half its kernel.
    ///
    /// @param weight `[out,in/groups,h,w]`, not copied, called `name.weight`
    /// @param bias `[out]`, not copied, called `name.bias`
    /// @return the name of the maps it gives
    /// @throws IllegalArgumentException if the name is taken
    public String conv(String x, String name, Tensor weight, Tensor bias, int stride, int groups) {
        List<String> inputs =
                List.of(x, weights(name + ".weight", weight), weights(name + ".bias", bias));
        return convolve(inputs, weight.shape(), stride, groups);
    }

    /// Likewise, without a bias.
    String conv(String x, String name, Tensor weight, int stride, int groups) {
        return convolve(
                List.of(x, weights(name + ".weight", weight)), weight.shape(), stride, groups);
    }

    /// A batch norm in evaluation.
    ///
    /// @param name of its weights, as PyTorch calls them: `name.running_mean` …
    /// @throws IllegalArgumentException if the name is taken
    String norm(String x, String name, BatchNorm norm) {
        return node(
                "BatchNormalization",
                List.of(
                        x,
                        weights(name + ".weight", norm.weight()),
                        weights(name + ".bias", norm.bias()),
                        weights(name + ".running_mean", norm.mean()),
                        weights(name + ".running_var", norm.variance())),
                Map.of("epsilon", new Attribute.Number(norm.epsilon())));
    }

    /// `max(x, 0)`.
    public String relu(String x) {
        return node("Relu", List.of(x), Map.of());
    }

    public String sigmoid(String x) {
        return node("Sigmoid", List.of(x), Map.of());
    }

    /// `[N,classes]`, over the classes.
    String softmax(String x) {
        return node("Softmax", List.of(x), Map.of("axis", whole(1)));
    }

    /// The sum of values of one shape.
    public String add(String a, String b) {
        return node("Add", List.of(a, b), Map.of());
    }

    /// The product of maps and gains `[N,c,1,1]`.
    public String multiply(String maps, String gains) {
        return node("Mul", List.of(maps, gains), Map.of());
    }

    /// `(x / 255 - mean) / std`, in this order.
    ///
    /// @param mean a value a channel, called `mean`
    /// @param std a value a channel, called `std`
    String normalise(String x, List<Float> mean, List<Float> std) {
        String unit = node("Div", List.of(x, weights("white", Tensor.vector(255))), Map.of());
        String centred = node("Sub", List.of(unit, perChannel("mean", mean)), Map.of());
        return node("Div", List.of(centred, perChannel("std", std)), Map.of());
    }

    private String perChannel(String name, List<Float> values) {
        Tensor tensor = Tensor.zeros(Shape.of(values.size(), 1, 1));
        for (int i = 0; i < values.size(); i++) {
            tensor.unsafeArray()[i] = values.get(i);
        }
        return weights(name, tensor);
    }

    /// The largest of each square of `size` pixels, `pad` pixels beyond the border at most.
    public String maxPool(String x, int size, int stride, int pad) {
        return node(
                "MaxPool",
                List.of(x),
                Map.of(
                        "kernel_shape", wholes(size, size),
                        "pads", wholes(pad, pad, pad, pad),
                        "strides", wholes(stride, stride)));
    }

    /// The mean over height and width, `[N,c,1,1]`.
    public String averagePool(String x) {
        return node("GlobalAveragePool", List.of(x), Map.of());
    }

    /// `[N,c,h,w]` → `[N,out]`, from all values of an image.
    ///
    /// @param weight `[out,c*h*w]`, not copied, called `name.weight`
    /// @param bias `[out]`, not copied, called `name.bias`
    /// @throws IllegalArgumentException if the name is taken
    public String linear(String x, String name, Tensor weight, Tensor bias) {
        return node(
                "Gemm",
                List.of(
                        node("Flatten", List.of(x), Map.of()),
                        weights(name + ".weight", weight),
                        weights(name + ".bias", bias)),
                Map.of("transB", whole(1)));
    }

    /// Likewise, as the network's answer, [#OUTPUT].
    public void classify(String x, String name, Tensor weight, Tensor bias) {
        checkArgument(outputs.isEmpty(), "a network answers once: %s", name);
        List<Integer> classes = List.of(weight.shape().dimension(0));
        output(
                linear(x, name, weight, bias),
                batch(OUTPUT, classes, "scores of every class, before softmax"));
    }

    /// Makes a value an answer of the network, under the name that it shall have there.
    void output(String x, Signature.Value as) {
        checkArgument(
                nodes.stream().anyMatch(node -> node.output.equals(x)),
                "only what a node gives can be an answer: %s",
                x);
        checkArgument(!outputs.containsKey(x), "a value is answered once: %s", x);
        outputs.put(x, as);
    }

    /// Writes the file beside and moves it into place. What no answer needs is left out.
    ///
    /// @param facts kept in the file as `metadata_props`
    /// @throws IllegalArgumentException if there is no answer
    /// @throws IOException naming the file and the reason, for instance a full disk
    public void write(Path path, Map<String, String> facts) throws IOException {
        write(path, facts, ProtobufMessage.MAX_BYTES);
    }

    /// Likewise; where the file would have more than `largestFile` bytes, weights go to a second
    /// one, `NAME.data`.
    void write(Path path, Map<String, String> facts, long largestFile) throws IOException {
        checkArgument(!outputs.isEmpty(), "a network needs an answer: %s", path);
        new OnnxFile(this, facts).write(path, largestFile);
    }

    String name() {
        return name;
    }

    Signature.Value input() {
        return input;
    }

    List<Signature.Value> outputs() {
        return List.copyOf(outputs.values());
    }

    /// The nodes that the answers need, each after what it reads.
    List<Node> nodes() {
        Set<String> needed = new HashSet<>(outputs.keySet());
        List<Node> kept = new ArrayList<>();
        for (Node node : nodes.reversed()) {
            if (needed.contains(node.output)) {
                needed.addAll(node.inputs);
                kept.add(renamed(node));
            }
        }
        return kept.reversed();
    }

    /// The weights that [#nodes] read.
    Map<String, Tensor> weights() {
        Map<String, Tensor> kept = new LinkedHashMap<>(weights);
        kept.keySet().retainAll(nodes().stream().flatMap(n -> n.inputs.stream()).toList());
        return kept;
    }

    private Node renamed(Node node) {
        return new Node(
                node.operator,
                node.inputs.stream().map(this::renamed).toList(),
                renamed(node.output),
                node.settings);
    }

    private String renamed(String value) {
        Signature.Value output = outputs.get(value);
        return output == null ? value : output.name();
    }

    private String convolve(List<String> inputs, Shape kernel, int stride, int groups) {
        int height = kernel.dimension(2);
        int width = kernel.dimension(3);
        return node(
                "Conv",
                inputs,
                Map.of(
                        "group", whole(groups),
                        "kernel_shape", wholes(height, width),
                        "pads", wholes(height / 2, width / 2, height / 2, width / 2),
                        "strides", wholes(stride, stride)));
    }

    private String node(String operator, List<String> inputs, Map<String, Attribute> settings) {
        String output = operator + nodes.size();
        nodes.add(new Node(operator, inputs, output, settings));
        return output;
    }

    private String weights(String name, Tensor tensor) {
        checkArgument(weights.put(name, tensor) == null, "two tensors of one name: %s", name);
        return name;
    }

    private static Attribute whole(int value) {
        return new Attribute.Whole(value);
    }

    private static Attribute wholes(int... values) {
        return new Attribute.Wholes(IntStream.of(values).boxed().toList());
    }

    /// A value whose first dimension, and no other, is free.
    private static Signature.Value batch(String name, List<Integer> rest, String meaning) {
        Stream<Dimension> first = Stream.of(new Dimension.Free("N"));
        return new Signature.Value(
                name,
                Stream.concat(first, rest.stream().map(Dimension.Fixed::new)).toList(),
                meaning);
    }
}
