package org.repvgg.export;

import static java.util.Objects.requireNonNull;
import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.repvgg.evaluate.RandomImages;
import org.repvgg.evaluate.Tolerances;
import org.repvgg.model.InputSpec;
import org.repvgg.runtime.Classifier;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Does an exported network, run by another runtime, answer what ours answers?
///
/// Both see one random image of the network's own size and a batch of two of another size, odd and
/// not square, if the exported network takes that. Ours answers first, and need not be there any
/// more when the other does.
public final class ExportCheck {
    private static final int PEAK = 255;

    private final List<Question> questions = new ArrayList<>();

    private ExportCheck() {}

    /// @param images for the exported network
    /// @param expected what it is to answer, by name
    private record Question(Tensor images, Map<String, Tensor> expected) {}

    /// An exported network on the runtime of others.
    @FunctionalInterface
    public interface Exported {
        /// @param images `[n,c,h,w]`, pixel values where the network normalises them itself
        /// @return what it answers, by name
        Map<String, Tensor> answer(Tensor images);
    }

    /// How well they agree.
    ///
    /// @param outputs one for each that the network has
    /// @param images shapes of what both have seen
    public record Result(List<Output> outputs, List<Shape> images) {
        public Result {
            outputs = List.copyOf(outputs);
            images = List.copyOf(images);
        }

        public boolean holds() {
            return outputs.stream().allMatch(Output::holds);
        }

        /// Of all outputs.
        public double maxAbsDifference() {
            return outputs.stream().mapToDouble(Output::maxAbsDifference).reduce(0, Math::max);
        }
    }

    /// @param maxAbsDifference largest `|theirs - ours|` of any value
    /// @param tolerance largest difference accepted: [Tolerances#forLogits] at the deviation of our
    ///   values
    public record Output(String name, double maxAbsDifference, double tolerance) {
        public boolean holds() {
            return maxAbsDifference <= tolerance;
        }
    }

    /// Asks our network.
    ///
    /// @param ours the network before it is exported
    /// @param options how it is exported
    public static ExportCheck of(Classifier ours, ExportOptions options) {
        var check = new ExportCheck();
        List<Shape> shapes = shapes(ours.input(), options);
        for (int seed = 0; seed < shapes.size(); seed++) {
            Tensor noise = RandomImages.noise(shapes.get(seed), seed);
            Tensor images = options.preprocessing() ? pixels(noise) : noise;
            check.questions.add(new Question(images, expected(ours, options, images)));
        }
        return check;
    }

    /// Asks the exported one.
    ///
    /// @throws IllegalArgumentException if it lacks an output or gives another shape
    public Result compare(Exported exported) {
        Map<String, Spread> spreads = new LinkedHashMap<>();
        for (Question question : questions) {
            compare(question.expected, exported.answer(question.images), spreads);
        }
        List<Output> outputs = new ArrayList<>();
        spreads.forEach((name, spread) -> outputs.add(spread.output(name)));
        return new Result(
                outputs, questions.stream().map(question -> question.images.shape()).toList());
    }

    private static List<Shape> shapes(InputSpec input, ExportOptions options) {
        int height = options.fixedSize() ? input.height() : input.height() * 3 / 4 | 1;
        int width = options.fixedSize() ? input.width() : input.width() * 9 / 8 | 1;
        return List.of(
                Shape.of(1, input.channels(), input.height(), input.width()),
                Shape.of(2, input.channels(), height, width));
    }

    /// Noise as the pixels of an image.
    private static Tensor pixels(Tensor noise) {
        float[] values = noise.toArray();
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.clamp(Math.round(128 + 64 * values[i]), 0, PEAK);
        }
        return Tensor.ofOwned(noise.shape(), values);
    }

    /// What the exported network is to answer.
    static Map<String, Tensor> expected(Classifier ours, ExportOptions options, Tensor images) {
        Tensor normalised = options.preprocessing() ? normalised(images, ours.input()) : images;
        if (options.features().isEmpty()) {
            Tensor logits = ours.logits(normalised);
            return options.softmax()
                    ? Map.of(Signature.PROBABILITIES, softmax(logits))
                    : Map.of(Signature.LOGITS, logits);
        }
        return features(ours, options.features(), normalised);
    }

    /// What stages answer, by name, `stage2`, in the network's order.
    static Map<String, Tensor> features(Classifier ours, List<Integer> stages, Tensor images) {
        Map<Integer, String> names = new HashMap<>(); // by block
        for (int stage : stages) {
            names.put(ours.spec().lastBlock(stage), "stage" + stage);
        }
        Map<String, Tensor> maps = new LinkedHashMap<>();
        ours.features(images, names.keySet())
                .forEach((block, map) -> maps.put(names.get(block), map));
        return maps;
    }

    private static Tensor normalised(Tensor pixels, InputSpec input) {
        float[] values = pixels.toArray();
        int size = pixels.shape().dimension(2) * pixels.shape().dimension(3);
        for (int i = 0; i < values.length; i++) {
            int channel = i / size % input.channels();
            values[i] = (values[i] / PEAK - input.mean().get(channel)) / input.std().get(channel);
        }
        return Tensor.ofOwned(pixels.shape(), values);
    }

    /// Over the classes of each image, in double.
    private static Tensor softmax(Tensor logits) {
        int classes = logits.shape().dimension(1);
        float[] values = logits.toArray();
        for (int first = 0; first < values.length; first += classes) {
            double highest = Double.NEGATIVE_INFINITY;
            for (int i = first; i < first + classes; i++) {
                highest = Math.max(highest, values[i]);
            }
            double sum = 0;
            for (int i = first; i < first + classes; i++) {
                sum += Math.exp(values[i] - highest);
            }
            for (int i = first; i < first + classes; i++) {
                values[i] = (float) (Math.exp(values[i] - highest) / sum);
            }
        }
        return Tensor.ofOwned(logits.shape(), values);
    }

    private static void compare(
            Map<String, Tensor> expected,
            Map<String, Tensor> answered,
            Map<String, Spread> spreads) {
        expected.forEach(
                (name, tensor) -> {
                    checkArgument(
                            answered.containsKey(name),
                            "the exported network answers %s, not %s",
                            answered.keySet(),
                            name);
                    Tensor other = requireNonNull(answered.get(name), name);
                    checkArgument(
                            other.shape().equals(tensor.shape()),
                            "the exported network answers %s, wanted %s: %s",
                            other.shape(),
                            tensor.shape(),
                            name);
                    spreads.computeIfAbsent(name, _ -> new Spread()).add(tensor, other);
                });
    }

    /// Largest difference, and running mean and sum of squared deviations of our values (Welford).
    private static final class Spread {
        private double largest;
        private long count;
        private double mean;
        private double squares;

        void add(Tensor ours, Tensor theirs) {
            for (int i = 0; i < ours.shape().elements(); i++) {
                double value = ours.get(i);
                largest = Math.max(largest, Math.abs(theirs.get(i) - value)); // keeps NaN
                count++;
                double delta = value - mean;
                mean += delta / count;
                squares += delta * (value - mean);
            }
        }

        Output output(String name) {
            double std = Math.sqrt(squares / count);
            return new Output(
                    name,
                    largest,
                    Double.isFinite(std) ? Tolerances.forLogits(std) : Tolerances.UNIT_LOGITS);
        }
    }
}
