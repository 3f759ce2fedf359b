package org.repvgg.train;

import java.io.IOException;
import java.util.List;
import org.repvgg.data.Dataset;
import org.repvgg.data.LabelledImages;
import org.repvgg.data.Shapes;
import org.repvgg.image.Image;

/// Some kinds of the built-in shapes: what one network has learnt and another is to learn from few
/// images.
///
/// @param from first kind
/// @param to behind the last
record ShapeKinds(Shapes shapes, int from, int to) implements LabelledImages {
    private static final int KINDS = 10;

    /// @param train images of each kind to learn from
    /// @param test images of each kind to judge by
    static Dataset dataset(int from, int to, long seed, int train, int test) {
        return new Dataset(
                "shapes %s to %s".formatted(from, to - 1),
                new ShapeKinds(Shapes.train(seed, KINDS * train), from, to),
                new ShapeKinds(Shapes.test(seed, KINDS * test), from, to),
                "%s-%s-%s-%s-%s".formatted(from, to, seed, train, test),
                () -> {});
    }

    private int kinds() {
        return to - from;
    }

    private int source(int index) {
        return index / kinds() * KINDS + from + index % kinds();
    }

    @Override
    public List<String> classNames() {
        return shapes.classNames().subList(from, to);
    }

    @Override
    public int size() {
        return shapes.size() / KINDS * kinds();
    }

    @Override
    public int label(int index) {
        return index % kinds();
    }

    @Override
    public String name(int index) {
        return shapes.name(source(index));
    }

    @Override
    public Image image(int index) throws IOException {
        return shapes.image(source(index));
    }
}
