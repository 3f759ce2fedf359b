package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.repvgg.data.Dataset;
import org.repvgg.data.Datasets;
import org.repvgg.data.OpenOptions;
import org.repvgg.model.BranchedModel;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.train.Engines;
import org.repvgg.train.Recipe;
import org.repvgg.train.Trainer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "quickstart",
        header = "The main job in under three minutes: train, fold, verify, measure, report.",
        description =
                "Trains a small RepVGG on ten shapes drawn by code, folds it, compares both forms on every"
                        + " test image, and draws report.html. Needs no data and no network.",
        footer = {"  repvgg quickstart", "  repvgg quickstart --out runs/first --json"})
final class QuickstartVerb extends Verb {
    /// Shallow and wide: a network that learns in a few epochs, and quickly on two cores.
    private static final RepVggSpec SPEC =
            RepVggFamily.A0.spec().toBuilder()
                    .name("quick")
                    .depths(List.of(1, 1, 2, 2, 1))
                    .widths(List.of(16, 32, 64, 128, 128))
                    .strides(List.of(1, 2, 2, 2, 1))
                    .build();

    private static final long SEED = 0;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "runs/quickstart",
            description =
                    "The folder of this training; runs/quickstart unless given. Its old run goes.")
    Path out = Path.of("runs/quickstart");

    @Mixin ThreadOption threads = new ThreadOption();

    @Override
    int run(Console console) throws IOException {
        Recipe recipe = Recipe.quick();
        var engines = Engines.of("auto", "cpu", "auto", threads.threads(), recipe.batchSize());
        try (Dataset shapes = Datasets.open("shapes", OpenOptions.standard().withSeed(SEED))) {
            BranchedModel initial =
                    Training.initial(SPEC, new ModelOptions(), shapes, recipe, SEED);
            var job = new Trainer.Job(initial, shapes, recipe, SEED, threads.threads());
            Training.forget(out);
            return new Training(job, engines, "").run(out, false, command(), json, console);
        }
    }
}
