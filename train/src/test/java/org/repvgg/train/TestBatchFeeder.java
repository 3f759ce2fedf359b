package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.image.Preprocessing;
import org.repvgg.model.InputSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.train.BatchFeeder.Numbered;
import org.repvgg.train.TrainingEngine.Batch;

final class TestBatchFeeder {
    private static final int CLASSES = 4;
    private static final int PIXELS = 3 * 8 * 8;

    /// Four numbers near 1, added in float.
    private static final Offset<Float> ROUNDED = within(1e-6f);

    private static final Preprocessing PREPROCESSING =
            new Preprocessing(InputSpec.centred(3, 8, 8));
    private static final Recipe PLAIN =
            Recipe.builder("plain")
                    .epochs(3)
                    .batchSize(16)
                    .peakLearningRate(0.1)
                    .momentum(0.9)
                    .labelSmoothing(0.1)
                    .build();

    private static DecodedImages images(int size, boolean kept, Integer... broken)
            throws IOException {
        return DecodedImages.of(
                new ColouredImages(CLASSES, size, 8, 1, Set.of(broken)),
                PREPROCESSING,
                2,
                kept,
                _ -> {});
    }

    private static List<Optional<Batch>> epoch(
            DecodedImages images, Recipe recipe, int epoch, int threads) {
        return epoch(images, recipe, epoch, epoch, threads).stream().map(Numbered::batch).toList();
    }

    private static List<Numbered> epoch(
            DecodedImages images, Recipe recipe, int epoch, int view, int threads) {
        return epoch(Ranks.alone(), images, recipe, epoch, view, threads);
    }

    private static List<Numbered> epoch(
            Ranks ranks, DecodedImages images, Recipe recipe, int epoch, int view, int threads) {
        List<Numbered> batches = new ArrayList<>();
        try (var feeder =
                new BatchFeeder(
                        images, ranks, recipe, PREPROCESSING, CLASSES, 5, epoch, view, threads)) {
            for (int i = 0; i < BatchFeeder.batches(images.size(), recipe); i++) {
                batches.add(feeder.next());
            }
            assertThatThrownBy(feeder::next).isInstanceOf(NoSuchElementException.class);
        }
        return batches;
    }

    @Test
    void anEpochIsOfWholeStepsOrOneSmallerStep() {
        Recipe three = PLAIN.toBuilder().accumulation(3).build();
        assertThat(BatchFeeder.batches(16 * 8 + 5, three)).isEqualTo(6);
        assertThat(BatchFeeder.steps(16 * 8 + 5, three)).isEqualTo(2);
        assertThat(BatchFeeder.batches(16 * 2, three)).isEqualTo(2);
        assertThat(BatchFeeder.steps(16 * 2, three)).isEqualTo(1);
        assertThat(BatchFeeder.steps(9, three)).isEqualTo(1);
        assertThat(BatchFeeder.steps(16 * 8 + 5, PLAIN)).isEqualTo(8);
    }

    @Test
    void aRepeatedBatchHasTheSameImagesChangedAnew() throws IOException {
        Recipe once = TinyTraining.recipe().toBuilder().cutMix(CutMix.NONE).build();
        Recipe twice = once.toBuilder().repeats(2).accumulation(2).build();
        assertThat(BatchFeeder.steps(100, twice)).isEqualTo(BatchFeeder.steps(100, once));
        List<Optional<Batch>> batches = epoch(images(100, true), twice, 1, 2);
        List<Optional<Batch>> usual = epoch(images(100, true), once, 1, 2);

        assertThat(batches).hasSize(2 * usual.size());
        for (int i = 0; i < usual.size(); i++) {
            Batch first = batches.get(2 * i).orElseThrow();
            Batch again = batches.get(2 * i + 1).orElseThrow();
            float[] labels = usual.get(i).orElseThrow().targets().toArray();
            assertThat(first.targets().toArray()).isEqualTo(labels);
            assertThat(again.targets().toArray()).isEqualTo(labels);
            assertThat(again.images().toArray()).isNotEqualTo(first.images().toArray());
        }
    }

    @Test
    void pixelsDependNeitherOnThreadsNorOnMemory() throws IOException {
        Recipe recipe = TinyTraining.recipe();
        List<Optional<Batch>> one = epoch(images(100, true), recipe, 2, 1);
        List<Optional<Batch>> three = epoch(images(100, false), recipe, 2, 3);

        assertThat(one).hasSize(6);
        for (int i = 0; i < one.size(); i++) {
            Batch a = one.get(i).orElseThrow();
            Batch b = three.get(i).orElseThrow();
            assertThat(b.images().toArray()).isEqualTo(a.images().toArray());
            assertThat(b.targets().toArray()).isEqualTo(a.targets().toArray());
        }
    }

    @Test
    void everyEpochHasItsOwnOrderAndShowsNoImageTwice() throws IOException {
        DecodedImages images = images(100, true);
        List<List<Float>> first = rows(epoch(images, PLAIN, 1, 1));
        List<List<Float>> second = rows(epoch(images, PLAIN, 2, 1));

        assertThat(first).hasSize(96).doesNotHaveDuplicates();
        assertThat(second).doesNotHaveDuplicates().isNotEqualTo(first);
        Set<List<Float>> together = new HashSet<>(first);
        together.addAll(second);
        assertThat(together).as("epochs leave out other images").hasSizeGreaterThan(96);
    }

    @Test
    void anEpochShowsTheBatchesOfAnEarlierOneInAnotherOrder() throws IOException {
        Recipe recipe = TinyTraining.recipe().toBuilder().epochs(5).build();
        DecodedImages images = images(100, true);
        List<Numbered> first = epoch(images, recipe, 2, 2, 2);
        List<Numbered> again = epoch(images, recipe, 4, 2, 2);

        assertThat(first).extracting(Numbered::number).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(again)
                .extracting(Numbered::number)
                .containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5)
                .isNotEqualTo(List.of(0, 1, 2, 3, 4, 5));
        for (Numbered shown : again) {
            Batch before = first.get(shown.number()).batch().orElseThrow();
            Batch now = shown.batch().orElseThrow();
            assertThat(now.images().toArray()).isEqualTo(before.images().toArray());
            assertThat(now.targets().toArray()).isEqualTo(before.targets().toArray());
        }
    }

    @Test
    void twoEpochsShowBothSidesOfEveryImage() throws IOException {
        Recipe flip =
                PLAIN.toBuilder()
                        .augmentation(new Augmentation(0, true, 0, Distortion.NONE))
                        .build();
        DecodedImages images = images(160, true);
        Set<List<Float>> asTheyAre = new HashSet<>(rows(epoch(images, PLAIN, 1, 1)));
        Set<List<Float>> first = new HashSet<>(rows(epoch(images, flip, 1, 1)));
        Set<List<Float>> second = new HashSet<>(rows(epoch(images, flip, 2, 1)));
        Set<List<Float>> third = new HashSet<>(rows(epoch(images, flip, 3, 1)));

        assertThat(second).hasSize(160).doesNotContainAnyElementsOf(first);
        assertThat(third).isEqualTo(first);
        first.retainAll(asTheyAre);
        assertThat(first.size()).isBetween(160 / 4, 160 * 3 / 4);
        second.retainAll(asTheyAre);
        assertThat(first.size() + second.size()).isEqualTo(160);
    }

    @Test
    void smoothsTargets() throws IOException {
        Batch batch = epoch(images(32, true), PLAIN, 1, 1).getFirst().orElseThrow();
        for (int row = 0; row < 16; row++) {
            List<Float> target = new ArrayList<>();
            for (int c = 0; c < CLASSES; c++) {
                target.add(batch.targets().get(row * CLASSES + c));
            }
            Collections.sort(target);
            assertThat(target.get(0)).isEqualTo(0.025f);
            assertThat(target.get(3)).isEqualTo(0.925f, ROUNDED);
            assertThat(target.stream().reduce(0f, Float::sum)).isEqualTo(1f, ROUNDED);
        }
    }

    @Test
    void mixupTakesWhatCutMixLeavesAndRestsWithIt() throws IOException {
        Recipe cut = PLAIN.toBuilder().cutMix(new CutMix(0.5)).rest(1.0 / 3).build();
        Recipe both = cut.toBuilder().mixup(new Mixup(1)).build();
        DecodedImages images = images(160, true);
        List<Optional<Batch>> mixed = epoch(images, both, 1, 2);
        List<List<Float>> rows = rows(mixed);

        assertThat(rows(epoch(images, both, 1, 1))).isEqualTo(rows);
        List<List<Float>> left = new ArrayList<>(rows(epoch(images, cut, 1, 1)));
        left.retainAll(rows);
        assertThat(left.size()).isBetween(160 / 4, 160 * 3 / 4);
        for (Optional<Batch> batch : mixed) {
            float[] targets = batch.orElseThrow().targets().toArray();
            for (int row = 0; row < targets.length; row += CLASSES) {
                float sum = 0;
                for (int c = 0; c < CLASSES; c++) {
                    sum += targets[row + c];
                }
                assertThat(sum).isEqualTo(1f, ROUNDED);
            }
        }
        assertThat(rows(epoch(images, both, 3, 1))).isEqualTo(rows(epoch(images, PLAIN, 3, 1)));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 8})
    void sharesOfRanksAreTheWholeBatch(int world) throws IOException {
        Recipe recipe = TinyTraining.recipe().toBuilder().mixup(new Mixup(0.4)).build();
        DecodedImages images = images(100, true);
        List<List<Float>> whole = rows(epoch(images, recipe, 2, 1));
        List<List<Optional<Batch>>> shares = new ArrayList<>();
        for (int rank = 0; rank < world; rank++) {
            Ranks ranks = new Ranks(rank, world, false, new ClosedCollective());
            shares.add(
                    epoch(ranks, images, recipe, 2, 2, 1).stream().map(Numbered::batch).toList());
        }

        List<List<Float>> together = new ArrayList<>();
        for (int batch = 0; batch < 6; batch++) {
            for (List<Optional<Batch>> share : shares) {
                together.addAll(rows(List.of(share.get(batch))));
            }
        }
        assertThat(together).isEqualTo(whole);
    }

    @Test
    void aShareMixesWithTheNextReadableImage() throws IOException {
        Recipe recipe = PLAIN.toBuilder().mixup(new Mixup(0.4)).build();
        DecodedImages images = images(16, false, 0, 1, 2, 3, 4, 5, 6);
        for (int rank = 0; rank < 2; rank++) {
            Ranks ranks = new Ranks(rank, 2, false, new ClosedCollective());
            Batch batch = epoch(ranks, images, recipe, 1, 1, 1).getFirst().batch().orElseThrow();
            float[] targets = batch.targets().toArray();
            for (int row = 0; row < targets.length; row += CLASSES) {
                float sum = 0;
                for (int c = 0; c < CLASSES; c++) {
                    sum += targets[row + c];
                }
                assertThat(sum).as("of a row's targets").isEqualTo(1f, ROUNDED);
            }
        }
    }

    /// One class of 25 images and three of 3.
    private static DecodedImages unequal() throws IOException {
        Integer[] broken =
                IntStream.range(12, 100)
                        .filter(i -> i % CLASSES != 0)
                        .boxed()
                        .toArray(Integer[]::new);
        return images(100, true, broken);
    }

    @Test
    void aBalancedEpochShowsEveryClassAsOften() throws IOException {
        DecodedImages images = unequal();
        Recipe balanced =
                PLAIN.toBuilder()
                        .batchSize(images.size())
                        .augmentation(new Augmentation(0, true, 0, Distortion.NONE))
                        .balanced(true)
                        .build();
        List<Optional<Batch>> epoch = epoch(images, balanced, 1, 2);
        int[] shown = new int[CLASSES];
        List<Set<List<Float>>> sides = new ArrayList<>();
        for (int label = 0; label < CLASSES; label++) {
            sides.add(new HashSet<>());
        }
        List<List<Float>> rows = rows(epoch);
        float[] targets = epoch.getFirst().orElseThrow().targets().toArray();
        for (int row = 0; row < rows.size(); row++) {
            int label = 0;
            while (targets[row * CLASSES + label] < 0.5f) {
                label++;
            }
            shown[label]++;
            sides.get(label).add(rows.get(row));
        }

        assertThat(images.size()).isEqualTo(34);
        assertThat(shown).containsOnly(8, 9);
        assertThat(sides.get(0)).as("other images").hasSize(shown[0]);
        for (int label = 1; label < CLASSES; label++) {
            assertThat(sides.get(label)).as("both sides of 3 images").hasSize(6);
        }
    }

    @Test
    void brokenImagesMakeABatchSmaller() throws IOException {
        DecodedImages images = images(16, false, 3, 4, 9);
        Batch batch = epoch(images, PLAIN, 1, 2).getFirst().orElseThrow();

        assertThat(batch.images().shape()).isEqualTo(Shape.of(13, 3, 8, 8));
        assertThat(batch.targets().shape()).isEqualTo(Shape.of(13, CLASSES));
        epoch(images, PLAIN, 2, 2);
        assertThat(images.broken())
                .containsExactly(
                        "image3: not an image", "image4: not an image", "image9: not an image");
    }

    @Test
    void oneReadableImageIsNoBatch() throws IOException {
        Integer[] broken = IntStream.range(1, 16).boxed().toArray(Integer[]::new);
        assertThat(epoch(images(16, false, broken), PLAIN, 1, 1)).containsExactly(Optional.empty());
    }

    @Test
    void nothingReadableIsSaidAtOnce() {
        assertThatThrownBy(() -> images(2, true, 0, 1))
                .hasMessage("none of the 2 images can be read; the first: image0: not an image");
    }

    private static List<List<Float>> rows(List<Optional<Batch>> batches) {
        List<List<Float>> rows = new ArrayList<>();
        for (Optional<Batch> batch : batches) {
            float[] pixels = batch.orElseThrow().images().toArray();
            for (int from = 0; from < pixels.length; from += PIXELS) {
                int start = from;
                rows.add(IntStream.range(0, PIXELS).mapToObj(i -> pixels[start + i]).toList());
            }
        }
        return rows;
    }
}
