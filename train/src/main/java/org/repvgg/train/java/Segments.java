package org.repvgg.train.java;

import java.util.ArrayList;
import java.util.List;

/// Gathers the segments of many products, see [org.repvgg.kernel.MatrixKernels]: for each product,
/// pairs of places where its matrices begin.
final class Segments {
    private final List<List<Integer>> products = new ArrayList<>();

    Segments(int products) {
        for (int i = 0; i < products; i++) {
            this.products.add(new ArrayList<>());
        }
    }

    void add(int product, int aAt, int bAt) {
        products.get(product).add(aAt);
        products.get(product).add(bAt);
    }

    /// `[product][2 * segment]` and `[product][2 * segment + 1]`.
    int[][] build() {
        return products.stream()
                .map(pairs -> pairs.stream().mapToInt(Integer::intValue).toArray())
                .toArray(int[][]::new);
    }
}
