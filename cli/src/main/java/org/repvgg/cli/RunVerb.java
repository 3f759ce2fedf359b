package org.repvgg.cli;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.Json;
import org.repvgg.format.Npy;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.Model;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.runtime.Runtimes;
import org.repvgg.spec.ModuleNames;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.StageNames;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "run",
        header = "Runs a network on raw tensors.",
        description =
                "Reads an array [n,c,h,w] that NumPy wrote, of any n, h and w, and writes the logits [n,classes]"
                        + " or, with --features, what a stage answers [n,c,h,w]. No resizing and no"
                        + " normalisation: the numbers go in as they are.",
        footer = {
            "  repvgg run plain.safetensors --input x.npy --output logits.npy",
            "  repvgg run plain.safetensors --input x.npy --output f.npy --features stage3"
        })
final class RunVerb extends Verb {
    /// Images that go through the network together; bounds the memory, whatever `n` is.
    private static final int TOGETHER = 16;

    @Parameters(
            paramLabel = "M",
            description = WeightOptions.NETWORK,
            completionCandidates = Candidates.Trained.class)
    String network = "";

    @Option(
            names = "--input",
            required = true,
            paramLabel = "X.npy",
            description = "The images, float32 or float64, [n,c,h,w].")
    Path in = Path.of("");

    @Option(
            names = "--output",
            required = true,
            paramLabel = "Y.npy",
            description = "Where the answer goes, float32.")
    Path out = Path.of("");

    @Option(
            names = "--features",
            paramLabel = "STAGE",
            description =
                    "Answer with the output of a stage, stage0 (the stem) to stage4, instead of the logits;"
                            + " or with the logits of an auxiliary head, such as stage1_aux.")
    @Nullable String features;

    @Option(
            names = "--model",
            completionCandidates = Candidates.Family.class,
            paramLabel = "NAME|FILE.json",
            description = "The architecture, where the checkpoint does not tell it.")
    @Nullable String model;

    @Option(
            names = "--strides",
            paramLabel = "N,N,…",
            description =
                    "Stride of every stage's first block, where the checkpoint does not tell them.")
    @Nullable String strides;

    @Mixin ThreadOption threads = new ThreadOption();

    @Override
    int run(Console console) throws IOException {
        Outputs.check(out, ".npy", Path.of(""));
        WeightOptions weights = new WeightOptions();
        weights.model = model;
        weights.strides = strides;
        Model read = weights.read(network);
        Tap tap = tap(read);
        Tensor images = Npy.read(in);
        check(images, read.spec());
        long start = System.nanoTime();
        Tensor answer;
        RuntimeOptions options = options(images.shape().dimension(0));
        try (Classifier classifier = Runtimes.load(read, options)) {
            answer = answer(images, part -> answer(classifier, part, tap, options));
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        Outputs.write(out, () -> Npy.write(out, answer));
        if (json) {
            console.result(
                    Json.object()
                            .put("input", numbers(images.shape()))
                            .put("output", numbers(answer.shape()))
                            .put("seconds", seconds)
                            .build());
        } else {
            console.result(
                    "%s → %s in %s, wrote %s",
                    images.shape(), answer.shape(), Numbers.duration(seconds), out);
        }
        return ExitCode.DONE;
    }

    private RuntimeOptions options(int n) {
        RuntimeOptions options = new RuntimeOptions(threads.threads());
        return n <= TOGETHER ? options.leanly() : options; // kept weights would serve one pass
    }

    private void check(Tensor images, RepVggSpec spec) {
        Shape shape = images.shape();
        if (shape.rank() != 4) {
            throw new UserError("%s: is %s, wanted [n,c,h,w]: reshape it first", in, shape);
        }
        if (shape.dimension(1) != spec.inputChannels()) {
            throw new UserError(
                    "%s: is %s, %s wants %s channels: [n,%s,h,w]",
                    in, shape, network, spec.inputChannels(), spec.inputChannels());
        }
        if (shape.elements() == 0) {
            throw new UserError("%s: is %s, there is nothing in it", in, shape);
        }
    }

    /// `stage3`, `3`, or an auxiliary head's name; null for the logits.
    private @Nullable Tap tap(Model model) {
        if (features == null) {
            return null;
        }
        RepVggSpec spec = model.spec();
        OptionalInt stage = StageNames.find(spec, features);
        if (stage.isPresent()) {
            return new Tap(spec.lastBlock(stage.getAsInt()), null);
        }
        Map<String, Integer> heads = ModuleNames.auxiliaryHeads(spec);
        Integer block = heads.get(features);
        if (block == null) {
            throw new UserError(
                    "--features wants stage0 to stage%s%s, not '%s'",
                    spec.stages() - 1,
                    heads.isEmpty() ? "" : ", or one of " + String.join(", ", heads.keySet()),
                    features);
        }
        int head = List.copyOf(heads.keySet()).indexOf(features);
        return switch (model) {
            case BranchedModel branched ->
                    new Tap(block, branched.auxiliary().get(head).network(features));
            case PlainModel _ ->
                    throw new UserError(
                            "%s: is the plain form, which has no auxiliary heads: %s",
                            network, features);
        };
    }

    /// Where an answer is taken.
    ///
    /// @param block whose maps
    /// @param head what the maps go through, or null
    private record Tap(int block, @Nullable BranchedModel head) {}

    /// Asks for the images part by part.
    private static Tensor answer(Tensor images, UnaryOperator<Tensor> answer) {
        int n = images.shape().dimension(0);
        float[] whole = new float[0];
        Shape one = Shape.of();
        for (int first = 0; first < n; first += TOGETHER) {
            int end = Math.min(first + TOGETHER, n);
            Tensor part = answer.apply(slice(images, first, end));
            if (first == 0) {
                one = part.shape();
                whole = new float[withCount(one, n).elements()];
            }
            int size = part.shape().elements() / (end - first);
            System.arraycopy(part.unsafeArray(), 0, whole, first * size, part.shape().elements());
        }
        return Tensor.ofOwned(withCount(one, n), whole);
    }

    private static Tensor answer(
            Classifier classifier, Tensor images, @Nullable Tap tap, RuntimeOptions options) {
        if (tap == null) {
            return classifier.logits(images);
        }
        Tensor maps = requireNonNull(classifier.features(images, Set.of(tap.block)).get(tap.block));
        if (tap.head == null) {
            return maps;
        }
        try (Classifier head = Runtimes.load(tap.head, options)) {
            return head.logits(maps);
        }
    }

    private static Tensor slice(Tensor images, int first, int end) {
        int size = images.shape().elements() / images.shape().dimension(0);
        float[] data = Arrays.copyOfRange(images.unsafeArray(), first * size, end * size);
        return Tensor.ofOwned(withCount(images.shape(), end - first), data);
    }

    private static Shape withCount(Shape shape, int n) {
        int[] dimensions = shape.toArray();
        dimensions[0] = n;
        return Shape.of(dimensions);
    }

    private static List<Integer> numbers(Shape shape) {
        return Arrays.stream(shape.toArray()).boxed().toList();
    }
}
