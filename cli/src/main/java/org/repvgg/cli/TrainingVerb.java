package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.repvgg.data.Dataset;
import org.repvgg.model.BranchedModel;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.train.EngineFactory;
import org.repvgg.train.Engines;
import org.repvgg.train.Pretrained;
import org.repvgg.train.Ranks;
import org.repvgg.train.Recipe;
import org.repvgg.train.Teacher;
import org.repvgg.train.Trainer;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// A verb that trains one network, in one process or in several: their flags, and the part of one
/// process.
abstract class TrainingVerb extends Verb {
    @Option(
            names = "--data",
            required = true,
            paramLabel = "SRC",
            description = DataOptions.SOURCES)
    String source = "";

    @Option(
            names = "--model",
            completionCandidates = Candidates.Family.class,
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

    @ArgGroup(validate = false, heading = RecipeOptions.HEADING)
    RecipeOptions changes = new RecipeOptions();

    @ArgGroup(validate = false, heading = "%nData:%n")
    DataOptions data = new DataOptions();

    @ArgGroup(validate = false, heading = ModelOptions.HEADING)
    ModelOptions network = new ModelOptions();

    /// The processes of a training, as one of them sees them.
    interface Processes {
        /// How many.
        int world();

        /// Refuses what so many cannot train.
        void check(String device, Recipe recipe);

        /// Waits for the others, when all is there that this one needs.
        Ranks join(Console console) throws IOException;
    }

    /// Refuses what flags alone show to be wrong. Whatever lies in files is looked at by the
    /// processes that train.
    ///
    /// @param threads where none are asked for
    final void check(Processes processes, int threads) throws IOException {
        RepVggSpec base = Network.spec(model == null ? "A0" : model);
        Recipe usual = usual();
        Recipe chosen = init == null ? changes.vary(usual, network.vary(base)) : usual;
        processes.check(device, chosen);
        EngineFactory _ = engines(chosen, processes, threads);
    }

    /// Trains as one of the processes.
    ///
    /// @param goOn whether to go on from the last finished epoch in OUT
    /// @param usualThreads where none are asked for
    final int train(Processes processes, boolean goOn, int usualThreads, Console console)
            throws IOException {
        TrainedStart start =
                init == null ? null : TrainedStart.find(init.toString(), model, network);
        RepVggSpec base = Network.spec(model == null ? "A0" : model);
        Recipe chosen = changes.vary(usual(), start == null ? network.vary(base) : start.spec());
        processes.check(device, chosen);
        EngineFactory engines = engines(chosen, processes, usualThreads);
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
                            threads.threads(usualThreads));
            var training = new Training(job, engines, "--resume");
            try (Ranks ranks = processes.join(console)) {
                return ranks.isFirst()
                        ? training.run(ranks, out, goOn, command(), json, console)
                        : training.follow(ranks, json, console);
            }
        }
    }

    private Recipe usual() {
        if (init == null) {
            return recipe.choose("baseline");
        }
        if (changes.whitened) {
            throw new UserError("--whiten is for fresh weights, but --init takes trained ones");
        }
        return recipe.choose("finetune").withoutWhitening();
    }

    private EngineFactory engines(Recipe chosen, Processes processes, int usualThreads) {
        return Engines.of(
                engine,
                device,
                precision,
                threads.threads(usualThreads),
                chosen.batchSize() / processes.world());
    }
}
