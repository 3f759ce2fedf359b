package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.data.Dataset;
import org.repvgg.format.Checkpoint;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.BranchedModel;
import org.repvgg.tensor.Tensor;

/// From five kinds of shapes to the other five, of which there are few images.
final class TestTransfer {
    private static final long SEED = 1;

    /// By how much a trained body is better than a fresh one, at least: five times the standard
    /// deviation of the part of 100 images that are answered right, which is at most 5 %.
    private static final double BETTER = 0.25;

    @TempDir Path temporary;

    private static Pretrained pretrained;

    @BeforeAll
    static void readTheBody() throws IOException {
        pretrained = FewImages.trained();
    }

    private static Dataset few(int test) {
        return FewImages.otherKinds(SEED, 10, test);
    }

    private static BranchedModel initial(Dataset data) {
        return pretrained.initial(FewImages.SIDE, FewImages.SIDE, data.train().classNames(), SEED);
    }

    private static TrainResult run(String engine, Trainer.Job job, Path path) throws IOException {
        return FewImages.run(engine, job, path, false);
    }

    private static Trainer.Job job(Dataset data, Recipe recipe) {
        return new Trainer.Job(initial(data), data, recipe, pretrained, null, SEED, 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "libtorch"})
    void aTrainedBodyLearnsFromFewImagesWhatAFreshOneCannot(String engine) throws IOException {
        Dataset few = few(20);
        TrainResult tuned = run(engine, job(few, Recipe.finetune()), temporary.resolve("tuned"));
        Recipe same = Recipe.finetune().toBuilder().bodyRate(1).build();
        var scratch = new Trainer.Job(FewImages.fresh(few, SEED), few, same, SEED, 1);
        TrainResult alone = run(engine, scratch, temporary.resolve("scratch"));

        assertThat(FewImages.top1(tuned)).isGreaterThan(FewImages.top1(alone) + BETTER);
        assertThat(tuned.model().provenance().facts())
                .containsEntry("init", "trained.safetensors")
                .containsEntry("init digest", WeightDigest.of(pretrained.model()));
        assertThat(alone.model().provenance().facts())
                .containsEntry("init", "none")
                .doesNotContainKey("init digest");
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "libtorch"})
    void frozenBlocksKeepWhatWasLoaded(String engine) throws IOException {
        int stages = 3;
        Recipe recipe = Recipe.finetune().withEpochs(2).toBuilder().frozenStages(stages).build();
        TrainResult tuned = run(engine, job(few(4), recipe), temporary);
        var frozen = new FrozenStages(pretrained.model().spec(), stages);
        Map<String, Tensor> loaded = ReferenceNames.tensors(pretrained.model());

        ReferenceNames.tensors(tuned.model())
                .forEach(
                        (name, tensor) ->
                                assertThat(same(tensor, loaded.get(name)))
                                        .as(name)
                                        .isEqualTo(frozen.contains(name)));
        assertThat(loaded).containsKey("stage2.1.rbr_identity.running_var");
    }

    /// Weights, but not statistics, stay near where they were.
    @ParameterizedTest
    @ValueSource(strings = {"java", "libtorch"})
    void aSlowBodyStaysNearWhatWasLoaded(String engine) throws IOException {
        Dataset few = few(4);
        Recipe recipe = Recipe.finetune().withEpochs(2);
        Recipe slow = recipe.toBuilder().bodyRate(1e-4).build();
        double near = moved(run(engine, job(few, slow), temporary.resolve("slow")));
        Recipe fast = recipe.toBuilder().bodyRate(1).build();
        double far = moved(run(engine, job(few, fast), temporary.resolve("fast")));

        assertThat(near).isPositive().isLessThan(1e-2 * far);
    }

    /// The largest relative distance of the body's trained tensors from where they began.
    private static double moved(TrainResult result) {
        Map<String, Tensor> loaded = ReferenceNames.tensors(pretrained.model());
        Map<String, Tensor> tuned = ReferenceNames.tensors(result.model());
        double largest = 0;
        for (String name : ReferenceNames.trainable(pretrained.model().spec())) {
            if (!name.startsWith("linear")) {
                largest = Math.max(largest, distance(tuned.get(name), loaded.get(name)));
            }
        }
        return largest;
    }

    private static double distance(Tensor a, Tensor b) {
        double difference = 0;
        double size = 0;
        for (int i = 0; i < b.shape().elements(); i++) {
            difference += Math.pow(a.get(i) - b.get(i), 2);
            size += Math.pow(b.get(i), 2);
        }
        return Math.sqrt(difference / size);
    }

    private static boolean same(Tensor a, Tensor b) {
        return Arrays.equals(a.toArray(), b.toArray());
    }

    @Test
    void goesOnOnlyFromTheSameWeights() throws IOException {
        Dataset few = few(4);
        Recipe recipe = Recipe.finetune().withEpochs(2);
        TrainResult whole = run("java", job(few, recipe), temporary);
        BranchedModel initial = initial(few);
        var fresh = new Trainer.Job(initial, few, recipe, SEED, 1);
        var renamed =
                new Trainer.Job(
                        initial,
                        few,
                        recipe,
                        new Pretrained("other.safetensors", pretrained.model()),
                        null,
                        SEED,
                        1);
        var other =
                new Trainer.Job(
                        initial,
                        few,
                        recipe,
                        new Pretrained("trained.safetensors", initial),
                        null,
                        SEED,
                        1);

        assertThat(
                        same(
                                FewImages.run("java", job(few, recipe), temporary, true).model(),
                                whole.model()))
                .isTrue();
        assertThatThrownBy(() -> FewImages.run("java", fresh, temporary, true))
                .hasMessageContaining("init is none now and was trained.safetensors");
        assertThatThrownBy(() -> FewImages.run("java", renamed, temporary, true))
                .hasMessageContaining("init is other.safetensors now");
        assertThatThrownBy(() -> FewImages.run("java", other, temporary, true))
                .hasMessageContaining("init digest is ");
    }

    private static boolean same(BranchedModel a, BranchedModel b) {
        Map<String, Tensor> tensors = ReferenceNames.tensors(b);
        return ReferenceNames.tensors(a).entrySet().stream()
                .allMatch(entry -> same(entry.getValue(), tensors.get(entry.getKey())));
    }

    @Test
    void aFileBeginsWhereTheTrainingEnded() throws IOException {
        Path file = temporary.resolve("x.safetensors");
        Checkpoint.write(file, pretrained.model());
        var read = new Pretrained("x.safetensors", Checkpoint.readBranched(file));

        assertThat(same(read.model(), pretrained.model())).isTrue();
        assertThat(read.knows(FewImages.firstKinds(1, 1).train().classNames())).isTrue();
        assertThat(read.facts().get("init digest"))
                .isEqualTo(pretrained.facts().get("init digest"));
    }
}
