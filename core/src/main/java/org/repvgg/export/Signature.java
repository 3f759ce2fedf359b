package org.repvgg.export;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Model;
import org.repvgg.spec.RepVggSpec;

/// What an exported network takes and gives.
public record Signature(Value input, List<Value> outputs) {
    /// Images, normalised by the caller.
    public static final String IMAGES = "images";

    /// Images as they are, to be normalised by the network.
    public static final String PIXELS = "pixels";

    public static final String LOGITS = "logits";
    public static final String PROBABILITIES = "probabilities";

    private static final Dimension N = new Dimension.Free("N");

    public Signature {
        outputs = List.copyOf(outputs);
    }

    /// A tensor of floats.
    ///
    /// @param meaning one line for people
    public record Value(String name, List<Dimension> shape, String meaning) {
        public Value {
            shape = List.copyOf(shape);
        }

        /// `images [N,3,H,W]`.
        @Override
        public String toString() {
            return name
                    + " ["
                    + String.join(",", shape.stream().map(Dimension::toString).toList())
                    + "]";
        }
    }

    /// A number, or a name where any number will do.
    public sealed interface Dimension {
        record Fixed(int size) implements Dimension {
            @Override
            public String toString() {
                return Integer.toString(size);
            }
        }

        record Free(String name) implements Dimension {
            @Override
            public String toString() {
                return name;
            }
        }
    }

    /// @throws IllegalArgumentException if the options name stages that the network does not have
    public static Signature of(Model model, ExportOptions options) {
        return of(model.spec(), model.input(), options);
    }

    /// Likewise, of a network whose weights are not at hand.
    public static Signature of(RepVggSpec spec, InputSpec input, ExportOptions options) {
        options.check(spec);
        return new Signature(input(input, options), outputs(spec, options));
    }

    /// What users of the network need to know, by name, as text.
    public static Map<String, String> facts(Model model, ExportOptions options) {
        InputSpec input = model.input();
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("input", input(input, options).meaning);
        facts.put("height", Integer.toString(input.height()));
        facts.put("width", Integer.toString(input.width()));
        facts.put("crop_fraction", Double.toString(input.cropFraction()));
        facts.put("mean", input.mean().toString());
        facts.put("std", input.std().toString());
        if (!input.classNames().isEmpty()) {
            facts.put("classes", String.join("\n", input.classNames()));
        }
        return facts;
    }

    private static Value input(InputSpec input, ExportOptions options) {
        String colours =
                switch (input.channels()) {
                    case 1 -> "grey";
                    case 3 -> "red, green, blue";
                    default -> input.channels() + " channels";
                };
        return new Value(
                options.preprocessing() ? PIXELS : IMAGES,
                options.fixedSize()
                        ? maps(
                                input.channels(),
                                new Dimension.Fixed(input.height()),
                                new Dimension.Fixed(input.width()))
                        : maps(input.channels(), new Dimension.Free("H"), new Dimension.Free("W")),
                options.preprocessing()
                        ? "pixel values from 0 to 255, " + colours
                        : "(value / 255 - mean) / std of pixel values from 0 to 255, " + colours);
    }

    private static List<Value> outputs(RepVggSpec spec, ExportOptions options) {
        if (options.features().isEmpty()) {
            List<Dimension> shape = List.of(N, new Dimension.Fixed(spec.classes()));
            return List.of(
                    options.softmax()
                            ? new Value(PROBABILITIES, shape, "of every class")
                            : new Value(LOGITS, shape, "scores of every class, before softmax"));
        }
        return options.features().stream().map(stage -> features(spec, stage)).toList();
    }

    private static Value features(RepVggSpec spec, int stage) {
        int step = 1;
        for (int stride : spec.strides().subList(0, stage + 1)) {
            step *= stride;
        }
        String name = "stage" + stage;
        return new Value(
                name,
                maps(
                        spec.widths().get(stage),
                        new Dimension.Free("H_" + name),
                        new Dimension.Free("W_" + name)),
                "output of the stage, a value every " + step + " pixels");
    }

    private static List<Dimension> maps(int channels, Dimension height, Dimension width) {
        return List.of(N, new Dimension.Fixed(channels), height, width);
    }
}
