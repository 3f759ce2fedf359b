package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.repvgg.evaluate.Prediction;
import org.repvgg.format.Json;
import org.repvgg.image.Image;
import org.repvgg.image.ImageDecoder;
import org.repvgg.image.ImageFormat;
import org.repvgg.image.Preprocessing;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.runtime.Runtimes;
import org.repvgg.tensor.Tensor;
import org.repvgg.zoo.Zoo;
import org.repvgg.zoo.ZooNetwork;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "predict",
        header = "Says what is on pictures.",
        customSynopsis = "repvgg predict [OPTIONS] [M] IMAGE...",
        description =
                "Prints the most probable classes of each picture, best first. An image that cannot be read is"
                        + " named on standard error, the others are answered, and the status is 2.%n"
                        + "Without M, where the first file is an image, a trained network that comes with this"
                        + " program answers: the one that 'repvgg models' marks.",
        footer = {
            "  repvgg predict cat.jpg",
            "  repvgg predict plain.safetensors cat.jpg dog.png",
            "  repvgg predict plain.safetensors photos/*.jpg --top 1",
            "  repvgg predict plain.safetensors cat.jpg --json"
        })
final class PredictVerb extends Verb {

    /// Pictures for which it does not pay to keep weights in the kernels' order.
    private static final int FEW = 4;

    @Parameters(
            index = "0",
            paramLabel = "M",
            description = WeightOptions.NETWORK,
            completionCandidates = Candidates.Trained.class)
    String first = "";

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "IMAGE...",
            hideParamSyntax = true,
            description = "JPEG, PNG, GIF, BMP or TIFF files.")
    List<Path> rest = new ArrayList<>();

    @Option(
            names = "--top",
            paramLabel = "K",
            defaultValue = "5",
            description = "Classes to show for each picture; 5 unless given.")
    int top;

    @Mixin ThreadOption threads = new ThreadOption();

    @ArgGroup(validate = false, heading = WeightOptions.HEADING)
    WeightOptions weights = new WeightOptions();

    @Override
    int run(Console console) throws IOException {
        if (top < 1) {
            throw new UserError("--top must be at least 1, not %s", top);
        }
        Question question = question();
        List<Path> images = question.images;
        RuntimeOptions options = new RuntimeOptions(threads.threads());
        if (images.size() <= FEW) {
            options = options.leanly();
        }
        Map<Path, List<Prediction>> answers = new LinkedHashMap<>();
        Map<Path, String> broken = new LinkedHashMap<>();
        try (Classifier classifier = Runtimes.load(weights.read(question.network), options)) {
            Preprocessing preprocessing = new Preprocessing(classifier.input());
            for (Path path : images) {
                try {
                    Tensor input = preprocessing.batch(List.of(read(path)));
                    answers.put(path, best(classifier, input));
                } catch (IOException e) {
                    broken.put(path, ErrorLine.describe(e));
                }
            }
        }
        broken.values().forEach(line -> console.note("%s", line));
        if (json) {
            console.result(json(question.name, answers, broken));
        } else {
            if (!question.name.equals(first)) {
                console.note("answered by %s, see 'repvgg models'", question.name);
            }
            print(console, answers);
        }
        return broken.isEmpty() ? ExitCode.DONE : ExitCode.WRONG_INPUT;
    }

    /// Who is asked what.
    ///
    /// @param network its checkpoint
    /// @param name what people call it
    private record Question(String network, String name, List<Path> images) {}

    /// An image in the place of `M` is one more image, for the usual network.
    private Question question() throws IOException {
        Path path = Network.path(first);
        if (!isImage(path)) {
            if (rest.isEmpty()) {
                WeightOptions.file(first); // is it there at all?
                throw new UserError("%s: name an image, too: repvgg predict M IMAGE...", first);
            }
            return new Question(first, first, rest);
        }
        ZooNetwork usual =
                Zoo.standard()
                        .usual()
                        .orElseThrow(
                                () ->
                                        new UserError(
                                                "%s is an image, and no trained network comes with this version:"
                                                        + " name a checkpoint before it",
                                                first));
        List<Path> images = new ArrayList<>(List.of(path));
        images.addAll(rest);
        return new Question(usual.file().toString(), usual.name(), images);
    }

    /// Judging by its first bytes or, where these are damaged, by its name.
    private static boolean isImage(Path file) throws IOException {
        return ImageFormat.isImage(file)
                || (Files.isRegularFile(file) && ImageFormat.hasImageExtension(file.toString()));
    }

    private static Image read(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            throw new IOException(
                    path + ": is a folder; name its files, such as " + path + "/*.jpg");
        }
        return ImageDecoder.standard().decode(Files.readAllBytes(path), path.toString());
    }

    private List<Prediction> best(Classifier classifier, Tensor input) {
        return Prediction.best(classifier.logits(input), 0, classifier.input().classNames(), top);
    }

    private static void print(Console console, Map<Path, List<Prediction>> answers) {
        answers.forEach(
                (path, classes) -> {
                    console.result("%s", path);
                    TextTable table =
                            new TextTable(
                                    TextTable.Align.LEFT,
                                    TextTable.Align.LEFT,
                                    TextTable.Align.RIGHT);
                    classes.forEach(c -> table.row("", c.name(), Numbers.percent(c.probability())));
                    console.result(table);
                });
    }

    private static Json json(
            String network, Map<Path, List<Prediction>> answers, Map<Path, String> broken) {
        List<Json> images = new ArrayList<>();
        answers.forEach(
                (path, classes) ->
                        images.add(
                                Json.object()
                                        .put("path", path.toString())
                                        .put(
                                                "classes",
                                                classes.stream().map(PredictVerb::json).toList())
                                        .build()));
        List<Json> failures = new ArrayList<>();
        broken.forEach(
                (path, error) ->
                        failures.add(
                                Json.object()
                                        .put("path", path.toString())
                                        .put("error", error)
                                        .build()));
        return Json.object()
                .put("network", network)
                .put("images", images)
                .put("broken", failures)
                .build();
    }

    private static Json json(Prediction prediction) {
        return Json.object()
                .put("name", prediction.name())
                .put("probability", prediction.probability())
                .build();
    }
}
