package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.data.DataException;
import org.repvgg.image.Preprocessing;
import org.repvgg.model.BatchNorm;
import org.repvgg.model.Branch;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

final class TestWhitenedStem {
    private static final int SIDE = 12;
    private static final int TAPS = 27;
    private static final InputSpec INPUT =
            InputSpec.centred(3, SIDE, SIDE)
                    .withNormalisation(List.of(.5f, .4f, .3f), List.of(.2f, .3f, .25f))
                    .withClassNames(List.of("a", "b", "c"));

    @TempDir Path folder;

    private final ColouredImages images = new ColouredImages(3, 90, SIDE, 1, Set.of());

    private static BranchedModel drawn(int stem) {
        RepVggSpec spec = TinyTraining.spec(3).toBuilder().widths(List.of(stem, 16)).build();
        return InitialWeights.random(spec, INPUT, 5);
    }

    private static Tensor weight(BranchedModel model, int branch) {
        return ((Branch.Convolution) model.blocks().getFirst().branches().get(branch)).weight();
    }

    private static BatchNorm norm(BranchedModel model) {
        var branch = (Branch.Convolution) model.blocks().getFirst().branches().getFirst();
        return Objects.requireNonNull(branch.norm());
    }

    /// What filter `filter` answers, wherever it lies within an image.
    private double[] answers(Tensor kernel, int filter) throws IOException {
        var preprocessing = new Preprocessing(INPUT);
        float[] pixels = new float[preprocessing.elements()];
        int places = (SIDE - 2) * (SIDE - 2);
        double[] answers = new double[images.size() * places];
        for (int at = 0; at < answers.length; at++) {
            if (at % places == 0) {
                preprocessing.into(images.image(at / places), pixels, 0);
            }
            int top = at % places / (SIDE - 2);
            int left = at % places % (SIDE - 2);
            for (int i = 0; i < TAPS; i++) {
                int pixel = (i / 9 * SIDE + top + i / 3 % 3) * SIDE + left + i % 3;
                answers[at] += (double) kernel.get(filter * TAPS + i) * pixels[pixel];
            }
        }
        return answers;
    }

    private static double meanProduct(double[] left, double[] right) {
        return IntStream.range(0, left.length)
                .mapToDouble(i -> left[i] * right[i])
                .average()
                .orElseThrow();
    }

    @Test
    void answersAreUncorrelatedAndOfOneSize() throws IOException {
        Tensor kernel = weight(WhitenedStem.of(drawn(60), images), 0);
        double[][] answers = new double[TAPS][];
        double previous = 0;
        for (int k = 0; k < TAPS; k++) {
            answers[k] = answers(kernel, 2 * k);
            assertThat(meanProduct(answers[k], answers[k])).isCloseTo(1, within(0.002));
            for (int other = 0; other < k; other++) {
                assertThat(meanProduct(answers[k], answers[other])).isCloseTo(0, within(1e-5));
            }
            double size = 0; // 1 / (eigenvalue + epsilon)
            for (int i = 0; i < TAPS; i++) {
                float value = kernel.get(2 * k * TAPS + i);
                assertThat(kernel.get((2 * k + 1) * TAPS + i)).isEqualTo(-value);
                size += value * value;
            }
            assertThat(size).as("the largest eigenvalue first").isGreaterThanOrEqualTo(previous);
            previous = size;
        }
    }

    @Test
    void leavesFurtherFiltersAndAllOtherLayersAsTheyWereDrawn() throws IOException {
        BranchedModel drawn = drawn(60);
        BranchedModel whitened = WhitenedStem.of(drawn, images);
        int pairs = 2 * TAPS * TAPS;
        assertThat(Arrays.copyOfRange(weight(whitened, 0).toArray(), pairs, 60 * TAPS))
                .isEqualTo(Arrays.copyOfRange(weight(drawn, 0).toArray(), pairs, 60 * TAPS));
        assertThat(weight(whitened, 1).toArray()).containsOnly(0);
        assertThat(whitened.blocks().subList(1, 3)).isEqualTo(drawn.blocks().subList(1, 3));
        assertThat(whitened.head()).isSameAs(drawn.head());
    }

    @Test
    void oddAndFewFiltersTakeTheFirstPairs() throws IOException {
        BranchedModel drawn = drawn(9);
        float[] few = weight(WhitenedStem.of(drawn, images), 0).toArray();
        float[] all = weight(WhitenedStem.of(drawn(60), images), 0).toArray();
        assertThat(Arrays.copyOf(few, 8 * TAPS)).isEqualTo(Arrays.copyOf(all, 8 * TAPS));
        assertThat(Arrays.copyOfRange(few, 8 * TAPS, 9 * TAPS))
                .isEqualTo(Arrays.copyOfRange(weight(drawn, 0).toArray(), 8 * TAPS, 9 * TAPS));
    }

    @Test
    void passesOverBrokenImages() throws IOException {
        Set<Integer> half = Set.of(1, 4, 6, 88);
        var broken = new ColouredImages(3, 90, SIDE, 1, half);
        assertThat(weight(WhitenedStem.of(drawn(8), broken), 0).toArray())
                .isNotEqualTo(weight(WhitenedStem.of(drawn(8), images), 0).toArray())
                .doesNotContain(Float.NaN);
        Set<Integer> all = IntStream.range(0, 90).boxed().collect(Collectors.toSet());
        assertThatThrownBy(() -> WhitenedStem.of(drawn(8), new ColouredImages(3, 90, SIDE, 1, all)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("no image could be read");
    }

    @Test
    void imagesOfOneColourLeadToFiniteFilters() throws IOException {
        InputSpec grey = INPUT.withNormalisation(List.of(0f, 0f, 0f), List.of(1e6f, 1e6f, 1e6f));
        BranchedModel model = drawn(60).withInput(grey); // nothing is left of them
        for (float value : weight(WhitenedStem.of(model, images), 0).toArray()) {
            assertThat(value).isFinite().isBetween(-45f, 45f);
        }
    }

    @Test
    void staysAsItIsWhileTheRestLearns() throws IOException {
        Recipe recipe = TinyTraining.recipe().toBuilder().whitened(true).frozenStages(1).build();
        BranchedModel initial = recipe.initial(TinyTraining.spec(3), INPUT, images, 5);
        var data = ColouredImages.dataset(images, images);
        var job = new Trainer.Job(initial, data, recipe.withEpochs(1), 7, 1);
        BranchedModel trained =
                TinyTraining.run(
                                job,
                                folder,
                                TinyTraining.engines("java"),
                                false,
                                new TrainListener() {})
                        .model();
        assertThat(weight(trained, 0).toArray()).isEqualTo(weight(initial, 0).toArray());
        assertThat(norm(trained).mean().toArray()).containsOnly(0);
        assertThat(norm(trained).weight().toArray()).containsOnly(1);
        assertThat(trained.head().weight().toArray())
                .isNotEqualTo(initial.head().weight().toArray());
        assertThat(trained.provenance().facts())
                .containsEntry("stem", "whitening filters of the images' patches")
                .containsEntry("frozen", "stem");
    }

    @Test
    void refusesOtherStems() {
        for (String branches : List.of("conv1x1", "dirac", "conv3x3,dirac")) {
            RepVggSpec spec =
                    TinyTraining.spec(3).toBuilder()
                            .branchCycle(BranchSpec.parseCycle(branches))
                            .build();
            assertThatThrownBy(() -> WhitenedStem.check(spec))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("tiny", branches.split(",")[0]);
        }
        assertThatThrownBy(() -> TinyTraining.recipe().toBuilder().whitened(true).build())
                .hasMessageContaining("a whitened stem is frozen");
        Recipe fresh = TinyTraining.recipe().toBuilder().whitened(true).frozenStages(1).build();
        assertThat(fresh.withoutWhitening()).isEqualTo(TinyTraining.recipe());
    }
}
