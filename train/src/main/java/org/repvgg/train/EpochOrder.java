package org.repvgg.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.repvgg.data.LabelledImages;

/// The images of an epoch in their order: each once, or balanced, every class as often.
///
/// Balanced, an image of a class with `n_c` of all `n` images comes `n / (classes * n_c)` times,
/// its number rounded up or down from epoch to epoch: in expectation the gradient is that of a loss
/// in which the image has this weight, but no step takes one image for many. Of the remedies for
/// unequal classes, drawing the rare ones again is what did best or as well in nearly all of the
/// networks that Buda et al. (Neural Networks, 2018) compared. Targets stay as they are, so that
/// mixing, smoothing and teachers work as ever. Classes without images do not count.
final class EpochOrder {
    private EpochOrder() {}

    /// Draws an epoch, as many as there are images: draw `d` is of image `d % n`, for the time `d /
    /// n` in this epoch, from 0.
    static long[] draw(LabelledImages images, boolean balanced, SplittableRandom random) {
        return shuffled(
                balanced ? balanced(images, random) : LongStream.range(0, images.size()).toArray(),
                random);
    }

    /// Lets every batch of draws come `repeats` times in turn, each time with numbers of their own:
    /// draw `d` of `n` images is `d % n + n * (repeats * (d / n) + r)` the `r`-th time, from 0.
    /// What does not fill a batch is left out.
    static long[] repeated(long[] draws, int batch, int repeats) {
        int images = draws.length;
        int size = Math.min(batch, images);
        int batches = images / size;
        long[] repeated = new long[Math.multiplyExact(batches * size, repeats)];
        int at = 0;
        for (int b = 0; b < batches; b++) {
            for (int r = 0; r < repeats; r++) {
                for (int i = b * size; i < (b + 1) * size; i++) {
                    long time = repeats * (draws[i] / images) + r;
                    repeated[at++] = draws[i] % images + images * time;
                }
            }
        }
        return repeated;
    }

    /// How unequal the classes are, for people.
    static String describe(LabelledImages images) {
        IntSummaryStatistics sizes =
                classes(images).stream().mapToInt(members -> members.length).summaryStatistics();
        return "balance: classes have %s to %s images, each class is drawn %s times an epoch"
                .formatted(
                        sizes.getMin(),
                        sizes.getMax(),
                        Math.round((double) images.size() / sizes.getCount()));
    }

    private static long[] balanced(LabelledImages images, SplittableRandom random) {
        List<long[]> classes = classes(images);
        int size = images.size();
        int first = random.nextInt(classes.size());
        long[] draws = new long[size];
        int at = 0;
        for (int c = 0; c < classes.size(); c++) {
            boolean more = (first + c) % classes.size() < size % classes.size();
            int share = size / classes.size() + (more ? 1 : 0);
            long[] members = classes.get(c);
            for (int k = 0; k < share; k++) {
                int next = k % members.length;
                if (next == 0) {
                    members = shuffled(members, random);
                }
                draws[at++] = (long) (k / members.length) * size + members[next];
            }
        }
        return draws;
    }

    /// Images of every class that has some.
    private static List<long[]> classes(LabelledImages images) {
        int[] counts = new int[images.classNames().size()];
        for (int i = 0; i < images.size(); i++) {
            counts[images.label(i)]++;
        }
        List<long[]> classes = new ArrayList<>();
        IntStream.of(counts).forEach(count -> classes.add(new long[count]));
        Arrays.fill(counts, 0);
        for (int i = 0; i < images.size(); i++) {
            int label = images.label(i);
            classes.get(label)[counts[label]++] = i;
        }
        classes.removeIf(members -> members.length == 0);
        return classes;
    }

    /// The same values in a random order.
    static long[] shuffled(long[] values, SplittableRandom random) {
        long[] order = new long[values.length];
        for (int i = 0; i < order.length; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = values[i];
        }
        return order;
    }
}
