package org.repvgg.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.repvgg.image.Image;

/// Some images of a split, in its order.
final class Subset implements LabelledImages {
    private final LabelledImages all;
    private final int[] indices;

    private Subset(LabelledImages all, int[] indices) {
        this.all = all;
        this.indices = indices;
    }

    /// Two parts that share no image and miss none.
    record Halves(LabelledImages train, LabelledImages test) {}

    static Halves stratified(LabelledImages all, double fraction, long seed) {
        List<List<Integer>> byClass = new ArrayList<>();
        all.classNames().forEach(_ -> byClass.add(new ArrayList<>()));
        for (int i = 0; i < all.size(); i++) {
            byClass.get(all.label(i)).add(i);
        }
        Random random = new Random(seed); // its sequence is specified: the same on every Java
        BitSet test = new BitSet(all.size());
        for (List<Integer> members : byClass) {
            int count = (int) Math.round(fraction * members.size());
            count = members.size() < 2 ? 0 : Math.clamp(count, 1, members.size() - 1);
            shuffle(members, random);
            members.subList(0, count).forEach(test::set);
        }
        return new Halves(
                new Subset(all, IntStream.range(0, all.size()).filter(i -> !test.get(i)).toArray()),
                new Subset(all, test.stream().toArray()));
    }

    /// Fisher and Yates; written out because the library's own order is not specified.
    private static void shuffle(List<Integer> list, Random random) {
        for (int i = list.size() - 1; i > 0; i--) {
            Collections.swap(list, i, random.nextInt(i + 1));
        }
    }

    @Override
    public List<String> classNames() {
        return all.classNames();
    }

    @Override
    public int size() {
        return indices.length;
    }

    @Override
    public int label(int index) {
        return all.label(indices[index]);
    }

    @Override
    public String name(int index) {
        return all.name(indices[index]);
    }

    @Override
    public Image image(int index) throws IOException {
        return all.image(indices[index]);
    }
}
