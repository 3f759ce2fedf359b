package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.repvgg.data.LabelledImages;
import org.repvgg.image.Image;

final class TestEpochOrder {
    /// Images of each class; the third has none.
    private static final List<Integer> COUNTS = List.of(70, 25, 0, 4, 1);

    private static final int SIZE = 100;
    private static final int SHARE = SIZE / 4;

    /// Nothing but labels, the largest class first.
    private record Labels(List<Integer> counts) implements LabelledImages {
        @Override
        public List<String> classNames() {
            return IntStream.range(0, counts.size()).mapToObj(c -> "class" + c).toList();
        }

        @Override
        public int size() {
            return counts.stream().mapToInt(Integer::intValue).sum();
        }

        @Override
        public int label(int index) {
            int end = 0;
            for (int label = 0; label < counts.size(); label++) {
                end += counts.get(label);
                if (index < end) {
                    return label;
                }
            }
            throw new IndexOutOfBoundsException(index);
        }

        @Override
        public String name(int index) {
            return "image" + index;
        }

        @Override
        public Image image(int index) {
            throw new UnsupportedOperationException();
        }
    }

    private static final Labels IMAGES = new Labels(COUNTS);

    private static long[] draw(LabelledImages images, boolean balanced, long seed) {
        return EpochOrder.draw(images, balanced, new SplittableRandom(seed));
    }

    /// How often each image is drawn.
    private static int[] times(long[] draws) {
        int[] times = new int[SIZE];
        Arrays.stream(draws).forEach(draw -> times[(int) (draw % SIZE)]++);
        return times;
    }

    @Test
    void eachImageComesOnceUnlessBalanced() {
        long[] draws = draw(IMAGES, false, 1);

        assertThat(times(draws)).containsOnly(1);
        assertThat(draws).isNotEqualTo(draw(IMAGES, false, 2)).isEqualTo(draw(IMAGES, false, 1));
    }

    @Test
    void everyClassIsDrawnAsOften() {
        long[] draws = draw(IMAGES, true, 1);
        int[] perClass = new int[COUNTS.size()];
        Arrays.stream(draws).forEach(draw -> perClass[IMAGES.label((int) (draw % SIZE))]++);

        assertThat(draws).hasSize(SIZE).doesNotHaveDuplicates();
        assertThat(perClass).containsExactly(SHARE, SHARE, 0, SHARE, SHARE);
        assertThat(draw(IMAGES, true, 1)).isEqualTo(draws);
    }

    @Test
    void imagesOfAClassComeAsOftenAsEachOther() {
        int[] times = times(draw(IMAGES, true, 3));
        for (int i = 0; i < SIZE; i++) {
            double expected = (double) SHARE / COUNTS.get(IMAGES.label(i));
            assertThat(times[i])
                    .as("image %s", i)
                    .isBetween((int) Math.floor(expected), (int) Math.ceil(expected));
        }
    }

    @Test
    void aBatchIsRepeatedWithNumbersOfItsOwn() {
        long[] draws = {2, 0, 5 + 2, 1, 3}; // of 5 images, the third twice
        assertThat(EpochOrder.repeated(draws, 2, 1)).containsExactly(2, 0, 7, 1);
        assertThat(EpochOrder.repeated(draws, 2, 2))
                .containsExactly(2, 0, 5 + 2, 5, 10 + 2, 1, 15 + 2, 5 + 1);
        assertThat(EpochOrder.repeated(draws, 9, 2))
                .containsExactly(2, 0, 12, 1, 3, 7, 5, 17, 6, 8);
    }

    @Test
    void anImageIsCountedThroughTheEpoch() {
        long[] last =
                Arrays.stream(draw(IMAGES, true, 1))
                        .filter(draw -> draw % SIZE == 99)
                        .sorted()
                        .toArray();

        assertThat(last).hasSize(SHARE);
        for (int time = 0; time < SHARE; time++) {
            assertThat(last[time]).isEqualTo((long) time * SIZE + 99);
        }
    }

    @Test
    void otherEpochsDrawOthersOfALargeClass() {
        int[] seen = new int[SIZE];
        for (int epoch = 1; epoch <= 30; epoch++) {
            int[] times = times(draw(IMAGES, true, epoch));
            Arrays.setAll(seen, i -> seen[i] + times[i]);
        }
        assertThat(Arrays.copyOf(seen, COUNTS.getFirst())).doesNotContain(0);
    }

    /// Shuffled, a quarter of 50 draws is 12.5 on average and 2.2 off it: five deviations.
    @Test
    void classesAreMixedWithinTheEpoch() {
        long first =
                Arrays.stream(draw(IMAGES, true, 1))
                        .limit(SIZE / 2)
                        .filter(draw -> draw % SIZE < COUNTS.getFirst())
                        .count();
        assertThat(first).isBetween(2L, 23L);
    }

    @Test
    void whatDoesNotDivideIsSpreadByChance() {
        Labels three = new Labels(List.of(5, 4, 2));
        int[] extra = new int[3];
        for (int seed = 0; seed < 60; seed++) {
            int[] perClass = new int[3];
            Arrays.stream(draw(three, true, seed))
                    .forEach(draw -> perClass[three.label((int) (draw % 11))]++);
            assertThat(perClass).containsOnly(3, 4);
            Arrays.setAll(extra, c -> extra[c] + perClass[c] - 3);
        }
        assertThat(extra).doesNotContain(0, 60);
    }

    @Test
    void tellsHowUnequalTheClassesAre() {
        assertThat(EpochOrder.describe(IMAGES))
                .isEqualTo(
                        "balance: classes have 1 to 70 images, each class is drawn 25 times an epoch");
    }
}
