package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.repvgg.data.Dataset;
import org.repvgg.format.DidYouMean;
import org.repvgg.model.BranchedModel;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.train.Engines;
import org.repvgg.train.Pretrained;
import org.repvgg.train.Recipe;
import org.repvgg.train.Teacher;
import org.repvgg.train.Trainer;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "train",
        header = "Trains a network with its branches, folds it, and measures both forms.",
        description =
                "Every epoch ends with an evaluation and a checkpoint; Ctrl-C stops between two steps and"
                        + " --resume goes on from the last finished epoch. At the end the folder OUT holds"
                        + " trained.safetensors, its fold plain.safetensors, history.csv and report.html.",
        footer = {
            "  repvgg train --data photos/ --model A0 --width 0.5 --input 64x64 --out runs/photos",
            "  repvgg train --data few-photos/ --init runs/photos/trained.safetensors --balance --out runs/few",
            "  repvgg train --data cifar10 --model A0 --recipe baseline --epochs 80 --out runs/a0",
            "  repvgg train --data cifar10 --model A0 --recipe baseline --epochs 80 --out runs/a0 --resume",
            "  repvgg train --data cifar10 --model A0 --recipe taught --teacher runs/t/plain.safetensors --out runs/b"
        })
final class TrainVerb extends Verb {
    /// Of a source with one split only, this part is set aside for judging.
    private static final double HOLDOUT = 0.2;

    @Option(
            names = "--data",
            required = true,
            paramLabel = "SRC",
            description = DataOptions.SOURCES)
    String source = "";

    @Option(
            names = "--model",
            paramLabel = "M",
            description =
                    "A name of the family ('repvgg models'), or a spec's .json; A0 unless given, or what --init"
                            + " holds.")
    @Nullable String model;

    @Option(
            names = "--init",
            paramLabel = "FILE",
            description =
                    "Begin from a trained checkpoint in the training form: its network, its weights and running"
                            + " statistics, its normalisation and, unless --input says another, its size of"
                            + " images. The head is drawn anew where the data has other classes.")
    @Nullable Path init;

    @Option(
            names = "--recipe",
            completionCandidates = Candidates.Recipes.class,
            paramLabel = "R",
            description =
                    "paper (120 epochs), baseline (80, for small images), teacher (48) and taught (80) for two"
                            + " networks of which one learns from the other, quick (12), or finetune (30, for"
                            + " --init); baseline unless given, with --init finetune.")
    @Nullable String recipe;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            description = "Train N epochs; the recipe's unless given.")
    @Nullable Integer epochs;

    @Option(
            names = "--batch",
            paramLabel = "B",
            description = "Images a batch; the recipe's unless given.")
    @Nullable Integer batch;

    @Option(
            names = "--lr",
            paramLabel = "F",
            description = "Peak learning rate; the recipe's unless given.")
    @Nullable Double learningRate;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "The folder of this training.")
    Path out = Path.of("");

    @Option(names = "--resume", description = "Go on from the last finished epoch in OUT.")
    boolean resume;

    @Option(
            names = "--engine",
            completionCandidates = Candidates.Engine.class,
            paramLabel = "auto|java|libtorch",
            defaultValue = "auto",
            description =
                    "What computes; auto takes java where it can train the network, libtorch elsewhere.")
    String engine = "auto";

    @Option(
            names = "--device",
            completionCandidates = Candidates.Device.class,
            paramLabel = "cpu|cuda",
            defaultValue = "cpu",
            description = "Where it computes; cpu unless given.")
    String device = "cpu";

    @Option(
            names = "--precision",
            completionCandidates = Candidates.Precision.class,
            paramLabel = "auto|fp32|bf16",
            defaultValue = "auto",
            description =
                    "Of convolutions; with libtorch, auto takes bf16 where the processor multiplies it.")
    String precision = "auto";

    @Mixin ThreadOption threads = new ThreadOption();

    @ArgGroup(exclusive = false, heading = TeacherOptions.HEADING)
    @Nullable TeacherOptions teacher;

    @ArgGroup(validate = false, heading = RecipeOptions.HEADING)
    RecipeOptions changes = new RecipeOptions();

    @ArgGroup(validate = false, heading = "%nData:%n")
    DataOptions data = new DataOptions();

    @ArgGroup(validate = false, heading = ModelOptions.HEADING)
    ModelOptions network = new ModelOptions();

    @Override
    int run(Console console) throws IOException {
        TrainedStart start =
                init == null ? null : TrainedStart.find(init.toString(), model, network);
        RepVggSpec base = Network.spec(model == null ? "A0" : model);
        Recipe chosen = changes.vary(recipe(), start == null ? network.vary(base) : start.spec());
        var engines = Engines.of(engine, device, precision, threads.threads(), chosen.batchSize());
        Teacher learntFrom = teacher == null ? null : teacher.read();
        try (Dataset dataset = data.open(source, HOLDOUT, console)) {
            Pretrained pretrained = start == null ? null : start.read();
            BranchedModel initial =
                    pretrained == null
                            ? Training.initial(base, network, dataset, data.seed)
                            : TrainedStart.initial(
                                    pretrained, network, dataset, data.seed, console);
            var job =
                    new Trainer.Job(
                            initial,
                            dataset,
                            chosen,
                            pretrained,
                            learntFrom,
                            data.seed,
                            threads.threads());
            return new Training(job, engines).run(out, resume, command(), json, console);
        }
    }

    private Recipe recipe() {
        String name = recipe != null ? recipe : init == null ? "baseline" : "finetune";
        Recipe found =
                Recipe.find(name)
                        .orElseThrow(
                                () -> {
                                    List<String> names =
                                            Recipe.all().stream().map(Recipe::name).toList();
                                    return new UserError(
                                            "unknown recipe '%s'%s: use one of %s",
                                            name,
                                            DidYouMean.hint(name, names),
                                            String.join(", ", names));
                                });
        found = epochs == null ? found : found.withEpochs(epochs);
        found = batch == null ? found : found.withBatchSize(batch);
        return learningRate == null ? found : found.withPeakLearningRate(learningRate);
    }

    private String command() {
        return "repvgg "
                + spec.commandLine().getParseResult().originalArgs().stream()
                        .map(word -> word.contains(" ") ? "'" + word + "'" : word)
                        .collect(Collectors.joining(" "));
    }
}
