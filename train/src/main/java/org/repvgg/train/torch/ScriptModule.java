package org.repvgg.train.torch;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.repvgg.export.ExportOptions;
import org.repvgg.export.Signature;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Linear;
import org.repvgg.model.PlainLayer;
import org.repvgg.model.PlainModel;
import org.repvgg.model.SqueezeExcite;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// A module as TorchScript spells it: tensors, modules inside, and the source of its `forward`.
final class ScriptModule {
    private static final String WEIGHT = ".weight";

    /// `torch.channels_last` as TorchScript writes it: for networks that libtorch 2.10 could get
    /// wrong otherwise, see [Convolutions].
    private static final int CHANNELS_LAST = 2;

    /// More than a module's source, and its tensors' names and padding, take in a file.
    private static final long OVERHEAD_BYTES = 1 << 14;

    private final String path;
    private final Map<String, ScriptModule> children = new LinkedHashMap<>();
    private final Map<String, Tensor> parameters = new LinkedHashMap<>();
    private final Map<String, Tensor> constants = new LinkedHashMap<>();
    private final List<String> lines = new ArrayList<>();
    private String argument = "x";
    private String answer = "x";
    private String answerType = "Tensor";

    private ScriptModule(String path) {
        this.path = path;
    }

    /// The plain form as a tree of modules, one for each part of the checkpoint's names.
    ///
    /// @throws IllegalArgumentException if the options name stages that the network does not have
    static ScriptModule of(PlainModel model, ExportOptions options) {
        return new Builder(model, options).build();
    }

    /// A name for its class that no other module of the tree has.
    String className() {
        return path.isEmpty() ? "RepVGG" : path.replace('.', '_');
    }

    Map<String, ScriptModule> children() {
        return Collections.unmodifiableMap(children);
    }

    Map<String, Tensor> parameters() {
        return Collections.unmodifiableMap(parameters);
    }

    Map<String, Tensor> constants() {
        return Collections.unmodifiableMap(constants);
    }

    /// The source of `forward`.
    String forward() {
        var source = new StringBuilder();
        source.append("def forward(self, %s: Tensor) -> %s:\n".formatted(argument, answerType));
        lines.forEach(line -> source.append("    ").append(line).append('\n'));
        return source.append("    return ").append(answer).append('\n').toString();
    }

    /// More than it takes in a file.
    long bytes() {
        long bytes = OVERHEAD_BYTES;
        for (Tensor tensor : parameters.values()) {
            bytes += (long) tensor.shape().elements() * Float.BYTES;
        }
        for (ScriptModule child : children.values()) {
            bytes += child.bytes();
        }
        return bytes;
    }

    private void line(String line) {
        lines.add(line);
    }

    /// The module of that name inside, made if it is not there yet.
    private ScriptModule child(String name) {
        return children.computeIfAbsent(
                name, _ -> new ScriptModule(path.isEmpty() ? name : path + "." + name));
    }

    /// A module without modules inside: one operation on `x`.
    private void leaf(String expression, Tensor weight, Tensor bias) {
        parameters.put("weight", weight);
        parameters.put("bias", bias);
        answer = expression;
    }

    /// `self.se.forward(x)`; names that are numbers need `getattr`.
    private static String call(String name, String x) {
        return Character.isDigit(name.charAt(0))
                ? "getattr(self, \"%s\").forward(%s)".formatted(name, x)
                : "self.%s.forward(%s)".formatted(name, x);
    }

    /// Walks the layers once.
    private static final class Builder {
        private final PlainModel model;
        private final ExportOptions options;
        private final Signature signature;
        private final ScriptModule root = new ScriptModule("");
        private final Iterator<String> names;
        private ScriptModule block = root;
        private int blocks;

        Builder(PlainModel model, ExportOptions options) {
            this.model = model;
            this.options = options;
            this.signature = Signature.of(model, options);
            this.names =
                    ReferenceNames.tensors(model).keySet().stream()
                            .filter(name -> name.endsWith(WEIGHT))
                            .map(name -> name.substring(0, name.length() - WEIGHT.length()))
                            .iterator();
        }

        ScriptModule build() {
            begin();
            for (PlainLayer layer : model.layers()) {
                if (isBeyondFeatures(layer)) {
                    break;
                }
                add(layer);
            }
            end();
            return root;
        }

        private void begin() {
            root.argument = signature.input().name();
            if (options.preprocessing()) {
                InputSpec input = model.input();
                root.constants.put("mean", perChannel(input.mean()));
                root.constants.put("std", perChannel(input.std()));
                root.line("x = (%s / 255.0 - self.mean) / self.std".formatted(root.argument));
            } else {
                root.line("x = " + root.argument);
            }
            if (!Convolutions.allowNchw(model.spec())) {
                root.line("x = x.contiguous(memory_format=" + CHANNELS_LAST + ")");
            }
        }

        private void end() {
            if (options.softmax()) {
                root.answer = "torch.softmax(x, 1)";
            }
            if (!options.features().isEmpty()) {
                List<String> entries =
                        signature.outputs().stream()
                                .map(output -> "\"%1$s\": %1$s".formatted(output.name()))
                                .toList();
                root.answer = "{" + String.join(", ", entries) + "}";
                root.answerType = "Dict[str, Tensor]";
            }
        }

        /// Where features are the answer, nothing comes after the last of them.
        private boolean isBeyondFeatures(PlainLayer layer) {
            boolean startsAnew =
                    layer instanceof PlainLayer.Conv3x3
                            || layer instanceof PlainLayer.GlobalAveragePool;
            return startsAnew
                    && !options.features().isEmpty()
                    && options.features().stream()
                            .allMatch(stage -> model.spec().lastBlock(stage) < blocks);
        }

        private void add(PlainLayer layer) {
            switch (layer) {
                case PlainLayer.Conv3x3 conv -> convolution(conv);
                case PlainLayer.Relu _ -> block.line("x = torch.relu(x)");
                case PlainLayer.Gain gain -> gain(gain.weights());
                case PlainLayer.GlobalAveragePool _ -> root.line("x = x.mean([2, 3])");
                case PlainLayer.Classify(Linear(Tensor weight, Tensor bias)) -> {
                    String name = names.next();
                    root.child(name).leaf("torch.linear(x, self.weight, self.bias)", weight, bias);
                    root.line("x = " + call(name, "x"));
                }
            }
        }

        private void convolution(PlainLayer.Conv3x3 conv) {
            String[] path = names.next().split("\\.");
            block = root;
            for (int i = 0; i < path.length - 1; i++) {
                boolean isNew = !block.children.containsKey(path[i]);
                ScriptModule child = block.child(path[i]);
                if (isNew) {
                    block.line("x = " + call(path[i], "x"));
                }
                block = child;
            }
            String own = path[path.length - 1];
            block.child(own)
                    .leaf(
                            "torch.conv2d(x, self.weight, self.bias, [%1$s, %1$s], [1, 1], [1, 1], %2$s)"
                                    .formatted(conv.stride(), conv.groups()),
                            conv.weight(),
                            conv.bias());
            block.line("x = " + call(own, "x"));
            for (int stage : options.features()) {
                if (model.spec().lastBlock(stage) == blocks) {
                    root.line("stage" + stage + " = x");
                }
            }
            blocks++;
        }

        /// Its name is that of the layer that squeezes, without `down`.
        private void gain(SqueezeExcite weights) {
            String[] down = names.next().split("\\.");
            String[] up = names.next().split("\\.");
            String own = down[down.length - 2];
            ScriptModule gain = block.child(own);
            pixelwise(gain, down[down.length - 1], weights.downWeight(), weights.downBias());
            pixelwise(gain, up[up.length - 1], weights.upWeight(), weights.upBias());
            gain.line("y = torch.relu(" + call(down[down.length - 1], "x.mean([2, 3])") + ")");
            gain.line("y = torch.sigmoid(" + call(up[up.length - 1], "y") + ")");
            gain.answer = "x * y.unsqueeze(2).unsqueeze(3)";
            block.line("x = " + call(own, "x"));
        }

        /// In files it is a 1x1 convolution, and a fully connected layer on means: libtorch 2.10
        /// gets some 1x1 convolutions wrong, see [Convolutions].
        private static void pixelwise(ScriptModule gain, String name, Tensor weight, Tensor bias) {
            Shape shape = weight.shape();
            gain.child(name)
                    .leaf(
                            "torch.linear(x, torch.flatten(self.weight, 1), self.bias)",
                            weight.reshape(Shape.of(shape.dimension(0), shape.dimension(1), 1, 1)),
                            bias);
        }

        private static Tensor perChannel(List<Float> values) {
            float[] copy = new float[values.size()];
            for (int i = 0; i < copy.length; i++) {
                copy[i] = values.get(i);
            }
            return Tensor.ofOwned(Shape.of(1, copy.length, 1, 1), copy);
        }
    }
}
