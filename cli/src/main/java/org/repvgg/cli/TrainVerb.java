package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.repvgg.data.Dataset;
import org.repvgg.model.BranchedModel;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.train.Engines;
import org.repvgg.train.Pretrained;
import org.repvgg.train.Ranks;
import org.repvgg.train.Recipe;
import org.repvgg.train.Rendezvous;
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
            "  repvgg train --data cifar10 --out runs/a0 --rank 0 --world 2 --rendezvous 10.0.0.1:29500",
            "  repvgg train --data cifar10 --model A0 --recipe taught --teacher runs/t/plain.safetensors --out runs/b"
        })
final class TrainVerb extends Verb {
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

    @Mixin RecipeChoice recipe = new RecipeChoice();

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

    @ArgGroup(exclusive = false, heading = RankOptions.HEADING)
    @Nullable RankOptions several;

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
        Recipe usual = recipe.choose(init == null ? "baseline" : "finetune");
        Recipe chosen = changes.vary(usual, start == null ? network.vary(base) : start.spec());
        Rendezvous where = several == null ? null : several.where(device, chosen);
        int batch = where == null ? chosen.batchSize() : chosen.batchSize() / where.world();
        var engines = Engines.of(engine, device, precision, threads.threads(), batch);
        Teacher learntFrom = teacher == null ? null : teacher.read();
        try (Dataset dataset = data.openToTrain(source, console)) {
            Pretrained pretrained = start == null ? null : start.read();
            BranchedModel initial =
                    pretrained == null
                            ? Training.initial(base, network, dataset, chosen, data.seed)
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
            var training = new Training(job, engines);
            if (several == null || where == null) {
                return training.run(out, resume, command(), json, console);
            }
            try (Ranks ranks = several.join(where, console)) {
                return ranks.isFirst()
                        ? training.run(ranks, out, resume, command(), json, console)
                        : training.follow(ranks, json, console);
            }
        }
    }
}
