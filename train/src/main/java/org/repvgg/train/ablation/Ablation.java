package org.repvgg.train.ablation;

import static org.repvgg.tensor.Checks.checkArgument;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.repvgg.data.Dataset;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.train.EngineFactory;
import org.repvgg.train.Finish;
import org.repvgg.train.Recipe;
import org.repvgg.train.RunFolder;
import org.repvgg.train.TrainException;
import org.repvgg.train.TrainResult;
import org.repvgg.train.Trainer;
import org.repvgg.train.report.ReportData.Outcome;

/// One network with several blocks, each trained from several seeds, all by the same recipe on the
/// same data.
///
/// A training is an ordinary one, in the folder `VARIANT-SEED`, judged as any other: by the test
/// split, after its last epoch. The order is seed by seed, so that an ablation that is cut has
/// fewer seeds of every variant.
///
/// @param base what to vary: widths, depths, strides, classes
/// @param input size and normalisation of the data
/// @param variants the lines of the table, each once
/// @param seeds of initial weights, order of images and augmentation, each once
/// @param threads for decoding and evaluation
public record Ablation(
        RepVggSpec base,
        InputSpec input,
        Dataset data,
        Recipe recipe,
        List<Variant> variants,
        List<Long> seeds,
        int threads) {
    private static final String FIGURES = "figures.json";

    public Ablation {
        variants = List.copyOf(variants);
        seeds = List.copyOf(seeds);
        checkArgument(
                !variants.isEmpty() && variants.stream().distinct().count() == variants.size(),
                "an ablation compares variants, each once: %s",
                variants);
        checkArgument(
                !seeds.isEmpty() && seeds.stream().distinct().count() == seeds.size(),
                "an ablation needs seeds, each once: %s",
                seeds);
    }

    /// One training.
    private record Run(Variant variant, long seed) {
        @Override
        public String toString() {
            return variant + "-" + seed;
        }
    }

    /// How many trainings there are.
    public int size() {
        return variants.size() * seeds.size();
    }

    private List<Run> order() {
        return seeds.stream()
                .flatMap(seed -> variants.stream().map(variant -> new Run(variant, seed)))
                .toList();
    }

    private Trainer.Job job(Run run) throws IOException {
        Recipe own = recipe(run.variant);
        return new Trainer.Job(
                own.initial(run.variant.of(base), input, data.train(), run.seed),
                data,
                own,
                run.seed,
                threads);
    }

    private Recipe recipe(Variant variant) {
        return variant.hasRepOptimizer() ? recipe.toBuilder().repOptimizer(true).build() : recipe;
    }

    /// Trains what is not trained yet, and goes on with what was interrupted. Writes
    /// `ablation.csv`, `ablation.md` and `ablation.svg` anew after every training. One that fails
    /// does not stop the others.
    ///
    /// @param folder of the whole
    /// @param command what the user typed, for the reports
    /// @throws IllegalArgumentException if a folder holds a training with other settings; nothing
    ///   is trained then
    /// @throws TrainException if it was stopped
    /// @throws IOException if data cannot be read or files cannot be written
    public AblationResult run(
            EngineFactory engines, Path folder, String command, AblationListener listener)
            throws IOException {
        try (RunFolder whole = RunFolder.open(folder)) {
            var files = new AblationFiles(whole.path(), command);
            List<Run> order = order();
            Map<Run, RunFigures> done = finished(whole.path(), order);
            List<String> failures = new ArrayList<>();
            AblationResult result = result(order, done, failures);
            for (int i = 0; i < order.size(); i++) {
                Run run = order.get(i);
                if (done.containsKey(run)) {
                    continue;
                }
                listener.begins(run.variant, run.seed, i + 1, order.size());
                try {
                    RunFigures figures =
                            train(
                                    run,
                                    engines,
                                    whole.path().resolve(run.toString()),
                                    command,
                                    listener);
                    done.put(run, figures);
                    listener.done(figures);
                } catch (TrainException e) {
                    if (e.wasStopped()) {
                        throw e;
                    }
                    String why = String.valueOf(e.getMessage());
                    failures.add(run + ": " + why);
                    listener.failed(run.variant, run.seed, why);
                }
                result = result(order, done, failures);
                files.write(result);
            }
            files.write(result);
            return result;
        }
    }

    private AblationResult result(
            List<Run> order, Map<Run, RunFigures> done, List<String> failures) {
        List<RunFigures> runs =
                order.stream().flatMap(run -> Optional.ofNullable(done.get(run)).stream()).toList();
        return new AblationResult(this, runs, failures);
    }

    /// What earlier calls have finished; refuses what they did otherwise.
    private Map<Run, RunFigures> finished(Path folder, List<Run> order) throws IOException {
        Map<Run, RunFigures> finished = new HashMap<>();
        for (Run run : order) {
            Path path = folder.resolve(run.toString());
            if (!Files.isDirectory(path)) {
                continue;
            }
            try (RunFolder before = RunFolder.open(path)) {
                Path figures = path.resolve(FIGURES);
                boolean ended = Files.exists(figures);
                if (ended || Files.exists(before.checkpoint())) {
                    checkSame(run, before);
                }
                if (ended) {
                    finished.put(run, RunFigures.read(figures, run.variant, run.seed));
                }
            }
        }
        return finished;
    }

    private void checkSame(Run run, RunFolder before) throws IOException {
        Optional<String> difference = Trainer.difference(job(run), before);
        if (difference.isPresent()) {
            throw new IllegalArgumentException(
                    "%s holds another training: %s: give another --out"
                            .formatted(before.path(), difference.get()));
        }
    }

    private RunFigures train(
            Run run, EngineFactory engines, Path path, String command, AblationListener listener)
            throws IOException {
        Trainer.Job job = job(run);
        try (RunFolder folder = RunFolder.open(path)) {
            boolean begun = Files.exists(folder.checkpoint());
            TrainResult result = Trainer.train(job, engines, folder, begun, listener.training());
            Outcome outcome = Finish.finish(result, job, folder, command, listener.measuring());
            RunFigures figures = RunFigures.of(run.variant, run.seed, result, outcome);
            figures.write(path.resolve(FIGURES));
            return figures;
        }
    }
}
