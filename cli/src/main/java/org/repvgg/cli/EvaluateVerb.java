package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.repvgg.data.Dataset;
import org.repvgg.data.LabelledImages;
import org.repvgg.evaluate.ClassMapping;
import org.repvgg.evaluate.ConfusionPicture;
import org.repvgg.evaluate.Evaluation;
import org.repvgg.evaluate.Evaluator;
import org.repvgg.evaluate.ManyLooks;
import org.repvgg.evaluate.ManyLooks.Looks;
import org.repvgg.format.Json;
import org.repvgg.model.Model;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.runtime.Runtimes;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "evaluate",
        header = "Measures the accuracy of a checkpoint on labelled images.",
        description =
                "Answers every image of a split once and reports top-1, top-5, accuracy by class and the rate,"
                        + " reading and decoding included. Works on either form. Images that cannot be read are"
                        + " named, counted and left out.",
        footer = {
            "  repvgg evaluate plain.safetensors --data shapes",
            "  repvgg evaluate plain.safetensors --data photos/ --report confusion.png",
            "  repvgg evaluate best.safetensors --data cifar10 --split train --json"
        })
final class EvaluateVerb extends Verb {

    @Parameters(
            paramLabel = "M",
            description = WeightOptions.NETWORK,
            completionCandidates = Candidates.Trained.class)
    String network = "";

    @Option(
            names = "--data",
            required = true,
            paramLabel = "SRC",
            description = DataOptions.SOURCES)
    String source = "";

    @Option(
            names = "--split",
            completionCandidates = Candidates.Splits.class,
            paramLabel = "test|train",
            defaultValue = "test",
            description = "Which images; the test split unless given.")
    String split = "test";

    @Option(
            names = "--looks",
            completionCandidates = Candidates.Looks.class,
            paramLabel = "one|mirror|six",
            defaultValue = "one",
            description =
                    "Judge a second time by the mean of several looks at every image: its mirror image, too, or"
                            + " both and both moved by a pixel either way. Reported apart; one unless"
                            + " given.")
    String looks = "one";

    @Option(
            names = "--report",
            paramLabel = "DIR|FILE.png",
            description =
                    "Draw the confusion matrix, into this file or as confusion.png into this folder.")
    @Nullable Path report;

    @Mixin ThreadOption threads = new ThreadOption();

    @ArgGroup(validate = false, heading = "%nData:%n")
    DataOptions data = new DataOptions();

    @ArgGroup(validate = false, heading = WeightOptions.HEADING)
    WeightOptions weights = new WeightOptions();

    @Override
    int run(Console console) throws IOException {
        Path picture = report == null ? null : pictureFile(report);
        Looks wanted = wantedLooks();
        Model model = weights.read(network);
        try (Dataset dataset = data.open(source, 0, console);
                Classifier classifier =
                        Runtimes.load(model, new RuntimeOptions(threads.threads()))) {
            LabelledImages images = DataOptions.split(dataset, split);
            List<String> names = names(model, images, console);
            if (dataset.hasOneSplit()) {
                console.note(
                        "%s: has one split only: all of it is judged by, also images that a training"
                                + " may have learnt from",
                        source);
            }
            Evaluation evaluation = evaluate(classifier, images, console);
            evaluation.broken().forEach(console::note);
            Evaluation again =
                    wanted == Looks.ONE
                            ? null
                            : evaluate(new ManyLooks(classifier, wanted), images, console);
            if (json) {
                console.result(json(evaluation, again, names, picture));
            } else {
                print(console, model, evaluation, again, names);
            }
            if (picture != null) {
                Outputs.write(
                        picture,
                        () -> ConfusionPicture.write(picture, evaluation.confusion(), names));
                console.note("wrote %s", picture);
            }
        }
        return ExitCode.DONE;
    }

    private Looks wantedLooks() {
        return Arrays.stream(Looks.values())
                .filter(value -> value.name().equalsIgnoreCase(looks))
                .findFirst()
                .orElseThrow(
                        () -> new UserError("--looks wants one, mirror or six, not '%s'", looks));
    }

    private Evaluation evaluate(Classifier classifier, LabelledImages images, Console console)
            throws IOException {
        try (ProgressLine line = console.progress("evaluating", "images")) {
            return Evaluator.evaluate(classifier, images, threads.threads(), line);
        }
    }

    private static Path pictureFile(Path report) throws IOException {
        if (report.toString().endsWith(".png")) {
            Outputs.check(report, ".png", Path.of(""));
            return report;
        }
        Files.createDirectories(report);
        return report.resolve("confusion.png");
    }

    /// A name for each class of the network: its own, or the data's where it has none.
    private static List<String> names(Model model, LabelledImages images, Console console) {
        List<String> own = model.input().classNames();
        ClassMapping mapping = ClassMapping.of(model.spec().classes(), own, images.classNames());
        if (!mapping.byName() && !own.isEmpty()) {
            console.note(
                    "the network's class names are not the data's: class 0 is '%s' there and '%s' here;"
                            + " compared by number",
                    own.getFirst(), images.classNames().getFirst());
        }
        return mapping.byName() ? own : images.classNames();
    }

    private void print(
            Console console,
            Model model,
            Evaluation evaluation,
            @Nullable Evaluation again,
            List<String> names) {
        console.result(
                "%s, %s, on %s, %s split",
                model.spec().name(), InspectVerb.describe(model.form()), source, split);
        console.result("");
        TextTable totals = new TextTable(TextTable.Align.LEFT, TextTable.Align.RIGHT);
        totals.row("images", Numbers.count(evaluation.images()));
        if (!evaluation.broken().isEmpty()) {
            totals.row("not readable", Numbers.count(evaluation.broken().size()));
        }
        totals.row("top-1", Numbers.percent(evaluation.top1()))
                .row("top-5", Numbers.percent(evaluation.top5()))
                .row("time", Numbers.duration(evaluation.seconds()))
                .row("images/s", Numbers.rate(evaluation.imagesPerSecond()));
        if (again != null) {
            totals.row("top-1, looks: " + looks, Numbers.percent(again.top1()));
        }
        console.result(totals);
        console.result("");
        console.result(classes(evaluation, names));
    }

    private static TextTable classes(Evaluation evaluation, List<String> names) {
        TextTable table =
                new TextTable(
                        TextTable.Align.LEFT,
                        TextTable.Align.RIGHT,
                        TextTable.Align.RIGHT,
                        TextTable.Align.LEFT);
        table.row("class", "images", "top-1", "mostly taken for");
        for (int c = 0; c < names.size(); c++) {
            int count = count(evaluation, c);
            if (count > 0) {
                table.row(
                        names.get(c),
                        Numbers.count(count),
                        Numbers.percent(evaluation.classTop1(c)),
                        mistakenFor(evaluation.confusion().get(c), c, names));
            }
        }
        return table;
    }

    private static int count(Evaluation evaluation, int label) {
        return evaluation.confusion().get(label).stream().mapToInt(Integer::intValue).sum();
    }

    private static String mistakenFor(List<Integer> row, int label, List<String> names) {
        int worst = -1;
        for (int answer = 0; answer < row.size(); answer++) {
            if (answer != label && row.get(answer) > (worst < 0 ? 0 : row.get(worst))) {
                worst = answer;
            }
        }
        return worst < 0
                ? ""
                : "%s (%s)".formatted(names.get(worst), Numbers.count(row.get(worst)));
    }

    private Json json(
            Evaluation evaluation,
            @Nullable Evaluation again,
            List<String> names,
            @Nullable Path picture) {
        List<Json> perClass = new ArrayList<>();
        for (int c = 0; c < names.size(); c++) {
            double top1 = evaluation.classTop1(c);
            perClass.add(
                    Json.object()
                            .put("name", names.get(c))
                            .put("images", count(evaluation, c))
                            .put("top1", Double.isNaN(top1) ? null : top1)
                            .build());
        }
        return Json.object()
                .put("top1", evaluation.top1())
                .put("top5", evaluation.top5())
                .put("looks", again == null ? null : looks(again))
                .put("images", evaluation.images())
                .put("seconds", evaluation.seconds())
                .put("imagesPerSecond", evaluation.imagesPerSecond())
                .put("perClass", perClass)
                .put("broken", evaluation.broken())
                .put("picture", picture == null ? null : picture.toString())
                .build();
    }

    private Json looks(Evaluation again) {
        return Json.object()
                .put("name", looks)
                .put("top1", again.top1())
                .put("top5", again.top5())
                .put("seconds", again.seconds())
                .build();
    }
}
