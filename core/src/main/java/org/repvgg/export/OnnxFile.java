package org.repvgg.export;

import static java.util.Objects.requireNonNull;
import static org.repvgg.tensor.Checks.checkArgument;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.repvgg.export.OnnxGraph.Attribute;
import org.repvgg.export.Signature.Dimension;
import org.repvgg.format.AtomicFile;
import org.repvgg.format.BufferedChannel;
import org.repvgg.format.Staging;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// An [OnnxGraph] as bytes.
///
/// IR version 8 with operator set 17: ONNX 1.12 and ONNX Runtime 1.12, both of 2022, and what came
/// after them read it.
final class OnnxFile {
    private static final int IR_VERSION = 8;
    private static final int OPERATOR_SET = 17;

    private static final int FLOAT = 1; // an element type

    /// External weights begin at a page, so that they can be mapped.
    private static final int PAGE = 4096;

    /// Smaller tensors stay in the model.
    private static final int SMALLEST_EXTERNAL = 1024;

    private static final String DATA_SUFFIX = ".data";

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

    private static final class Setting {
        static final int NAME = 1;
        static final int FLOAT = 2;
        static final int INT = 3;
        static final int INTS = 8;
        static final int TYPE = 20;
        static final int TYPE_FLOAT = 1;
        static final int TYPE_INT = 2;
        static final int TYPE_INTS = 7;
    }

    private static final class Value {
        static final int NAME = 1;
        static final int TYPE = 2;
        static final int MEANING = 3;
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
        static final int EXTERNAL = 13;
        static final int LOCATION = 14;
        static final int LOCATION_EXTERNAL = 1;
    }

    private final OnnxGraph graph;
    private final Map<String, Tensor> weights;
    private final Map<String, String> facts;

    OnnxFile(OnnxGraph graph, Map<String, String> facts) {
        this.graph = graph;
        this.weights = graph.weights();
        this.facts = facts;
    }

    /// @param largestFile a file that would have more bytes keeps its weights in another
    void write(Path path, long largestFile) throws IOException {
        ProtobufMessage whole = model("", Map.of());
        if (whole.size() <= largestFile) {
            write(path, whole);
            return;
        }
        try (Staging staging = Staging.beside(path)) {
            String data = staging.file().getFileName() + DATA_SUFFIX;
            Map<String, Long> offsets = offsets();
            AtomicFile.write(
                    staging.file().resolveSibling(data),
                    channel -> writeData(new BufferedChannel(channel), offsets));
            ProtobufMessage model = model(data, offsets);
            checkArgument(
                    model.size() <= ProtobufMessage.MAX_BYTES,
                    "an ONNX file holds at most %s bytes, %s would have %s",
                    ProtobufMessage.MAX_BYTES,
                    path,
                    model.size());
            write(staging.file(), model);
            List<Path> _ = staging.commit();
        }
    }

    private static void write(Path path, ProtobufMessage model) throws IOException {
        AtomicFile.write(
                path,
                channel -> {
                    var out = new BufferedChannel(channel);
                    model.writeTo(out);
                    out.flush();
                });
    }

    /// Where in the data file each tensor is that goes there.
    private Map<String, Long> offsets() {
        Map<String, Long> offsets = new LinkedHashMap<>();
        long end = 0;
        for (Map.Entry<String, Tensor> entry : weights.entrySet()) {
            long bytes = bytes(entry.getValue());
            if (bytes >= SMALLEST_EXTERNAL) {
                offsets.put(entry.getKey(), end);
                end = nextPage(end + bytes);
            }
        }
        return offsets;
    }

    private void writeData(BufferedChannel out, Map<String, Long> offsets) throws IOException {
        long end = 0;
        for (Map.Entry<String, Long> entry : offsets.entrySet()) {
            out.write(new byte[(int) (entry.getValue() - end)]);
            Tensor tensor = tensor(entry.getKey());
            out.write(tensor.unsafeArray());
            end = entry.getValue() + bytes(tensor);
        }
        out.flush();
    }

    private Tensor tensor(String name) {
        return requireNonNull(weights.get(name), name);
    }

    private static long nextPage(long offset) {
        return (offset + PAGE - 1) / PAGE * PAGE;
    }

    private static long bytes(Tensor tensor) {
        return (long) tensor.shape().elements() * Float.BYTES;
    }

    /// @param data name of the file with the weights at `offsets`; the others are in the model
    private ProtobufMessage model(String data, Map<String, Long> offsets) {
        var operators = new ProtobufMessage().add(OperatorSet.VERSION, OPERATOR_SET);
        var model =
                new ProtobufMessage()
                        .add(Model.IR_VERSION, IR_VERSION)
                        .add(Model.PRODUCER, "repvgg")
                        .add(Model.GRAPH, graph(data, offsets))
                        .add(Model.OPERATOR_SETS, operators);
        facts.forEach((key, value) -> model.add(Model.METADATA, entry(key, value)));
        return model;
    }

    private ProtobufMessage graph(String data, Map<String, Long> offsets) {
        var message = new ProtobufMessage();
        graph.nodes().forEach(node -> message.add(Graph.NODE, node(node)));
        message.add(Graph.NAME, graph.name());
        weights.forEach(
                (name, tensor) -> {
                    ProtobufMessage header = header(name, tensor.shape());
                    Long offset = offsets.get(name);
                    message.add(
                            Graph.INITIALIZER,
                            offset == null
                                    ? header.add(Weights.RAW, tensor.unsafeArray())
                                    : external(header, data, offset, bytes(tensor)));
                });
        message.add(Graph.INPUT, value(graph.input()));
        graph.outputs().forEach(output -> message.add(Graph.OUTPUT, value(output)));
        return message;
    }

    private static ProtobufMessage node(OnnxGraph.Node node) {
        var message = new ProtobufMessage();
        node.inputs().forEach(name -> message.add(Node.INPUT, name));
        message.add(Node.OUTPUT, node.output()).add(Node.OPERATOR, node.operator());
        new TreeMap<>(node.settings())
                .forEach((name, value) -> message.add(Node.ATTRIBUTE, setting(name, value)));
        return message;
    }

    private static ProtobufMessage setting(String name, Attribute attribute) {
        var message = new ProtobufMessage().add(Setting.NAME, name);
        return switch (attribute) {
            case Attribute.Number(float value) ->
                    message.add(Setting.FLOAT, value).add(Setting.TYPE, Setting.TYPE_FLOAT);
            case Attribute.Whole(int value) ->
                    message.add(Setting.INT, value).add(Setting.TYPE, Setting.TYPE_INT);
            case Attribute.Wholes wholes -> {
                wholes.values().forEach(value -> message.add(Setting.INTS, (long) value));
                yield message.add(Setting.TYPE, Setting.TYPE_INTS);
            }
        };
    }

    private static ProtobufMessage header(String name, Shape shape) {
        var message = new ProtobufMessage();
        for (int dimension : shape.toArray()) {
            message.add(Weights.DIMENSIONS, dimension);
        }
        return message.add(Weights.TYPE, FLOAT).add(Weights.NAME, name);
    }

    private static ProtobufMessage external(
            ProtobufMessage header, String data, long offset, long bytes) {
        return header.add(Weights.EXTERNAL, entry("location", data))
                .add(Weights.EXTERNAL, entry("offset", Long.toString(offset)))
                .add(Weights.EXTERNAL, entry("length", Long.toString(bytes)))
                .add(Weights.LOCATION, Weights.LOCATION_EXTERNAL);
    }

    private static ProtobufMessage entry(String key, String value) {
        return new ProtobufMessage().add(Entry.KEY, key).add(Entry.VALUE, value);
    }

    /// A value of floats.
    private static ProtobufMessage value(Signature.Value value) {
        var shape = new ProtobufMessage();
        for (Dimension dimension : value.shape()) {
            var message = new ProtobufMessage();
            shape.add(
                    Value.DIMENSION,
                    switch (dimension) {
                        case Dimension.Fixed(int size) -> message.add(Value.DIMENSION_VALUE, size);
                        case Dimension.Free(String name) -> message.add(Value.DIMENSION_NAME, name);
                    });
        }
        var tensor = new ProtobufMessage().add(Value.ELEMENT_TYPE, FLOAT).add(Value.SHAPE, shape);
        return new ProtobufMessage()
                .add(Value.NAME, value.name())
                .add(Value.TYPE, new ProtobufMessage().add(Value.TENSOR_TYPE, tensor))
                .add(Value.MEANING, value.meaning());
    }
}
