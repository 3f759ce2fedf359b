package org.repvgg.train.ablation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.data.Dataset;
import org.repvgg.data.Datasets;
import org.repvgg.data.OpenOptions;
import org.repvgg.evaluate.Progress;
import org.repvgg.format.CheckpointException;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.train.EngineFactory;
import org.repvgg.train.Engines;
import org.repvgg.train.Recipe;
import org.repvgg.train.TrainException;
import org.repvgg.train.TrainListener;

/// Ablations of seconds on the built-in shapes.
final class TestAblation {
    private static final EngineFactory ENGINES = Engines.of("auto", "cpu", "fp32", 1, 16);
    private static final RepVggSpec SPEC =
            RepVggFamily.A0.spec().toBuilder()
                    .name("tiny")
                    .classes(10)
                    .widths(List.of(8, 16))
                    .depths(List.of(1, 2))
                    .strides(List.of(2, 2))
                    .build();
    private static final Recipe RECIPE =
            Recipe.builder("tiny").epochs(1).batchSize(16).peakLearningRate(0.1).build();

    private static Dataset shapes;

    @TempDir Path folder;

    @BeforeAll
    static void draw() throws IOException {
        shapes = Datasets.open("shapes", OpenOptions.standard().withShapes(64, 32));
    }

    @AfterAll
    static void close() throws IOException {
        shapes.close();
    }

    private static Ablation ablation(Recipe recipe, List<Long> seeds, Variant... variants) {
        InputSpec input = InputSpec.centred(3, 32, 32).withClassNames(shapes.train().classNames());
        return new Ablation(SPEC, input, shapes, recipe, List.of(variants), seeds, 1);
    }

    private AblationResult run(Ablation ablation, EngineFactory engines, AblationListener listener)
            throws IOException {
        return ablation.run(engines, folder, "repvgg ablate", listener);
    }

    /// Notes what begins; may stop a training.
    private static final class Notes implements AblationListener {
        final List<String> begun = new ArrayList<>();
        final List<String> messages = new ArrayList<>();
        private final int stopIn;

        /// @param stopIn which training to stop in its second epoch, from 1; 0 for none
        Notes(int stopIn) {
            this.stopIn = stopIn;
        }

        @Override
        public TrainListener training() {
            return new TrainListener() {
                @Override
                public void message(String line) {
                    messages.add(line);
                }

                @Override
                public String resumption() {
                    return "the same command";
                }

                @Override
                public void stepDone(
                        int epoch, int step, int steps, double loss, double imagesPerSecond) {
                    if (begun.size() == stopIn && epoch == 2) {
                        Thread.currentThread().interrupt();
                    }
                }
            };
        }

        @Override
        public Progress measuring() {
            return Progress.NONE;
        }

        @Override
        public void begins(Variant variant, long seed, int number, int of) {
            begun.add(variant + "-" + seed + " " + number + "/" + of);
        }
    }

    @Test
    void testTrainsSeedBySeedAndGoesOnAfterAStop() throws IOException {
        Ablation two =
                ablation(RECIPE.withEpochs(2), List.of(0L, 1L), Variant.FULL, Variant.NO_IDENTITY);
        Notes first = new Notes(3);
        assertThatThrownBy(() -> run(two, ENGINES, first)).isInstanceOf(TrainException.class);
        assertThat(first.begun).containsExactly("full-0 1/4", "no-identity-0 2/4", "full-1 3/4");
        assertThat(first.messages.getLast())
                .startsWith("stopped in epoch 2; epoch 1 is saved in ")
                .endsWith("the same command goes on from there");
        assertThat(Files.readAllLines(folder.resolve("ablation.csv"))).hasSize(3);

        Notes rest = new Notes(0);
        AblationResult result = run(two, ENGINES, rest);

        assertThat(rest.begun).containsExactly("full-1 3/4", "no-identity-1 4/4");
        assertThat(rest.messages).contains("going on after epoch 1 of 2");
        assertThat(result.isGood()).isTrue();
        assertThat(result.runs())
                .extracting(run -> run.variant() + "-" + run.seed())
                .containsExactly("full-0", "no-identity-0", "full-1", "no-identity-1");
        assertThat(result.runs()).allMatch(run -> run.engine().startsWith("java, fp32"));
        List<String> csv = Files.readAllLines(folder.resolve("ablation.csv"));
        assertThat(csv).hasSize(5);
        assertThat(csv.get(0).split(",", -1)).hasSize(11);
        assertThat(csv).allMatch(line -> line.split(",", -1).length == 11);
        assertThat(csv.get(2)).startsWith("no-identity,0,");
        assertThat(folder.resolve("ablation.md"))
                .content()
                .contains("4 of 4 trainings", "| RepVGG's block | `conv3x3,conv1x1,identity` |")
                .contains("| 75.14 | - | yes | 2 |", "| 73.15 | -1.99 | yes | 2 |");
        assertThat(folder.resolve("full-1/plain.safetensors")).isNotEmptyFile();

        Notes nothing = new Notes(0);
        assertThat(run(two, ENGINES, nothing).runs()).isEqualTo(result.runs());
        assertThat(nothing.begun).isEmpty();
        assertThat(Files.readAllLines(folder.resolve("ablation.csv"))).isEqualTo(csv);
    }

    @Test
    void testDifferencesAreTakenSeedBySeed() throws IOException {
        RunFigures full = run(Variant.FULL, 0, 0.80);
        List<RunFigures> all =
                List.of(
                        full,
                        run(Variant.ACB, 0, 0.79),
                        run(Variant.FULL, 1, 0.90),
                        run(Variant.ACB, 1, 0.92),
                        run(Variant.FULL, 2, 0.10));
        List<VariantSummary> table =
                VariantSummary.of(List.of(Variant.FULL, Variant.ACB, Variant.DIRAC), all);

        assertThat(table.get(0).top1().percent()).isEqualTo("60.00 ± 43.59");
        assertThat(table.get(0).difference().count()).isZero();
        assertThat(table.get(1).difference().points()).isEqualTo("+0.50 ± 2.12");
        assertThat(table.get(2).folds()).isEqualTo("-");
        assertThat(table.get(2).engines()).isEmpty();
        full.write(folder.resolve("figures.json"));
        assertThat(RunFigures.read(folder.resolve("figures.json"), Variant.FULL, 0))
                .isEqualTo(full);
    }

    private static RunFigures run(Variant variant, long seed, double top1) {
        var plain = new RunFigures.PlainFigures(top1, 90, Double.NaN, 1, false);
        return new RunFigures(
                variant, seed, top1, 10, 100, 1000, 60, "java, fp32", Optional.of(plain), "");
    }

    @Test
    void testWhatJavaDoesNotTrainAndWhatDoesNotFold() throws IOException {
        AblationResult result =
                run(
                        ablation(
                                RECIPE,
                                List.of(5L),
                                Variant.BRANCH_RELU,
                                Variant.DIRAC,
                                Variant.RESIDUAL),
                        ENGINES,
                        new Notes(0));
        VariantSummary relu = result.table().getFirst();

        assertThat(result.isGood()).isTrue();
        assertThat(result.table())
                .extracting(VariantSummary::engines)
                .containsExactly("java", "libtorch", "libtorch");
        assertThat(result.runs().get(1).engine()).contains("fp32");
        assertThat(result.table())
                .extracting(VariantSummary::folds)
                .containsExactly("no", "yes", "no");
        assertThat(relu.plainTop1().count()).isZero();
        assertThat(relu.notFolded().orElseThrow()).contains("stage0", "a ReLU inside a branch");
        assertThat(folder.resolve("ablation.md"))
                .content()
                .contains("ReLU in every branch cannot be folded: stage0, branch conv3x3-relu: a")
                .contains("residual reorganisation cannot be folded: stage1.1, branch conv1x1@1");
        assertThat(Files.readAllLines(folder.resolve("ablation.csv")).getLast()).contains(",,,,");
        assertThat(folder.resolve("ablation.svg")).content().contains("class=\"hollow\"");
    }

    /// Both are plain; first weights and gradients differ.
    @Test
    void testMultipliesGradientsOfOneVariantOnly() throws IOException {
        Notes notes = new Notes(0);
        AblationResult result =
                run(
                        ablation(RECIPE, List.of(0L), Variant.ONLY_3X3, Variant.REP_OPTIMIZER),
                        ENGINES,
                        notes);

        assertThat(result.isGood()).isTrue();
        assertThat(result.runs().get(1).parameters()).isEqualTo(result.runs().get(0).parameters());
        assertThat(notes.messages)
                .filteredOn(line -> line.startsWith("gradients: multiplied"))
                .hasSize(1);
        assertThat(folder.resolve("only-3x3-0/config.json"))
                .content()
                .contains("\"gradients\": \"as they are\"");
        assertThat(folder.resolve("rep-optimizer-0/config.json"))
                .content()
                .contains("\"gradients\": \"multiplied (RepOptimizer");
    }

    @Test
    void testRefusesWhatWasTrainedOtherwise() throws IOException {
        run(ablation(RECIPE, List.of(0L), Variant.BRANCH_RELU), ENGINES, new Notes(0));
        Notes notes = new Notes(0);
        Ablation longer =
                ablation(RECIPE.withEpochs(2), List.of(0L), Variant.FULL, Variant.BRANCH_RELU);

        assertThatThrownBy(() -> run(longer, ENGINES, notes))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        folder.resolve("branch-relu-0")
                                + " holds another training: epochs is 2 now and was 1: give another"
                                + " --out");
        assertThat(notes.begun).isEmpty();
        Files.delete(folder.resolve("branch-relu-0/last.ckpt")); // the figures are enough
        assertThatThrownBy(() -> run(longer, ENGINES, notes))
                .hasMessageContaining("epochs is 2 now and was 1");

        Files.writeString(folder.resolve("branch-relu-0/figures.json"), "{}");
        assertThatThrownBy(
                        () ->
                                run(
                                        ablation(RECIPE, List.of(0L), Variant.BRANCH_RELU),
                                        ENGINES,
                                        notes))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("figures.json: field 'top1' is missing");
    }

    @Test
    void testATrainingThatFailsDoesNotStopTheOthers() throws IOException {
        EngineFactory engines =
                (initial, choices) -> {
                    if (initial.spec().name().endsWith("no-1x1")) {
                        throw new TrainException("the loss is NaN");
                    }
                    return ENGINES.start(initial, choices);
                };
        AblationResult result =
                run(
                        ablation(RECIPE, List.of(0L), Variant.NO_1X1, Variant.BRANCH_RELU),
                        engines,
                        new Notes(0));

        assertThat(result.isGood()).isFalse();
        assertThat(result.failures()).containsExactly("no-1x1-0: the loss is NaN");
        assertThat(result.runs())
                .extracting(RunFigures::variant)
                .containsExactly(Variant.BRANCH_RELU);
        assertThat(folder.resolve("ablation.md"))
                .content()
                .contains("1 of 2 trainings", "Failed: no-1x1-0: the loss is NaN");

        Notes again = new Notes(0);
        run(result.ablation(), engines, again);
        assertThat(again.begun).as("tried again").containsExactly("no-1x1-0 1/2");
    }

    @Test
    void testRefusesNothingAndTwice() {
        assertThatThrownBy(() -> ablation(RECIPE, List.of(0L)))
                .hasMessageContaining("variants, each once");
        assertThatThrownBy(() -> ablation(RECIPE, List.of(0L), Variant.FULL, Variant.FULL))
                .hasMessageContaining("variants, each once");
        assertThatThrownBy(() -> ablation(RECIPE, List.of(1L, 1L), Variant.FULL))
                .hasMessageContaining("seeds, each once: [1, 1]");
    }
}
