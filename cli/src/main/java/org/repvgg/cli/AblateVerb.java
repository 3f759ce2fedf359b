package org.repvgg.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.repvgg.data.Dataset;
import org.repvgg.format.DidYouMean;
import org.repvgg.model.BranchedModel;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.train.EngineFactory;
import org.repvgg.train.Engines;
import org.repvgg.train.Recipe;
import org.repvgg.train.TrainException;
import org.repvgg.train.ablation.Ablation;
import org.repvgg.train.ablation.AblationResult;
import org.repvgg.train.ablation.Variant;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "ablate",
        header = "What is each branch worth? Trains one network with other blocks and compares.",
        description = {
            "Trains the network with the blocks of the paper's Tables 6 and 7, and with those of three later papers, from"
                    + " several seeds each, all by one recipe in single precision. Every training is an"
                    + " ordinary one, in OUT/VARIANT-SEED. OUT holds ablation.csv, a line a training;"
                    + " ablation.md, a line a variant; and ablation.svg, all of them written anew after"
                    + " every training.",
            "The same command goes on after a stop; what is finished is not trained again."
        },
        footer = {
            "  repvgg ablate --data shapes --recipe quick --width 0.25 --seeds 2 --out runs/blocks",
            "  repvgg ablate --data cifar10 --width 0.5 --recipe quick --batch 128 --epochs 6 --out runs/blocks",
            "  repvgg ablate --data photos/ --variants full,no-identity,qarepvgg --out runs/three"
        })
final class AblateVerb extends Verb {
    private static final int MOST_SEEDS = 1000;

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
            defaultValue = "A0",
            description =
                    "A name of the family ('repvgg models'), or a spec's .json, whose blocks are replaced; A0"
                            + " unless given.")
    String model = "A0";

    @Option(
            names = "--variants",
            split = ",",
            completionCandidates = Candidates.Variants.class,
            paramLabel = "V",
            description =
                    "Blocks to compare: full, no-identity, no-1x1, only-3x3 (Table 6); identity-nobn,"
                            + " post-norm, branch-relu, dirac, trivial, acb, residual (Table 7);"
                            + " mobileone-2, mobileone-4, qarepvgg, rep-optimizer. All unless given.")
    List<String> variants = Variant.names();

    @Option(
            names = "--seeds",
            paramLabel = "N",
            defaultValue = "3",
            description =
                    "Trainings of every block, with seeds from --seed on; all blocks with one seed before the"
                            + " next. 3 unless given.")
    int seeds = 3;

    @Mixin RecipeChoice recipe = new RecipeChoice();

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "The folder of the whole.")
    Path out = Path.of("");

    @Mixin ThreadOption threads = new ThreadOption();

    @ArgGroup(validate = false, heading = RecipeOptions.HEADING)
    RecipeOptions changes = new RecipeOptions();

    @ArgGroup(validate = false, heading = "%nData:%n")
    DataOptions data = new DataOptions();

    @ArgGroup(validate = false, heading = ModelOptions.HEADING)
    ModelOptions network = new ModelOptions();

    @Override
    int run(Console console) throws IOException {
        refuse("--branches", network.branches);
        refuse("--post-norm", network.postNorm ? true : null);
        refuse("--rep-optimizer", changes.repOptimizer ? true : null);
        if (changes.whitened) {
            throw new UserError("--whiten is not for an ablation: not every block can begin so");
        }
        List<Variant> compared = variants.stream().distinct().map(AblateVerb::variant).toList();
        List<Long> all = seeds();
        RepVggSpec base = Network.spec(model);
        Recipe chosen =
                changes.vary(recipe.choose("baseline").withoutWhitening(), network.vary(base));
        EngineFactory engines =
                Engines.of("auto", "cpu", "fp32", threads.threads(), chosen.batchSize());
        try (Dataset dataset = data.openToTrain(source, console)) {
            BranchedModel initial = Training.initial(base, network, dataset, chosen, data.seed);
            return run(
                    new Ablation(
                            initial.spec(),
                            initial.input(),
                            dataset,
                            chosen,
                            compared,
                            all,
                            threads.threads()),
                    engines,
                    console);
        }
    }

    private int run(Ablation ablation, EngineFactory engines, Console console) throws IOException {
        try (var reporter = AblationReporter.of(console, ablation.recipe())) {
            AblationResult result = ablation.run(engines, out, command(), reporter);
            if (json) {
                console.result(AblationText.json(result).put("output", out.toString()).build());
            } else {
                AblationText.print(console, result);
                console.result("");
                console.result("report: %s", out.resolve("ablation.md"));
            }
            return result.isGood() ? ExitCode.DONE : ExitCode.FAILED;
        } catch (TrainException _) {
            return ExitCode.FAILED; // stopped; the listener has said so
        }
    }

    private static void refuse(String flag, @Nullable Object value) {
        if (value != null) {
            throw new UserError(
                    "%s is what an ablation varies itself: choose blocks with --variants", flag);
        }
    }

    private static Variant variant(String name) {
        return Variant.find(name)
                .orElseThrow(
                        () ->
                                new UserError(
                                        "unknown variant '%s'%s: use some of %s",
                                        name,
                                        DidYouMean.hint(name, Variant.names()),
                                        String.join(", ", Variant.names())));
    }

    private List<Long> seeds() {
        if (seeds < 1 || seeds > MOST_SEEDS) {
            throw new UserError("--seeds must be from 1 to %s, not %s", MOST_SEEDS, seeds);
        }
        return LongStream.range(data.seed, data.seed + seeds).boxed().toList();
    }
}
