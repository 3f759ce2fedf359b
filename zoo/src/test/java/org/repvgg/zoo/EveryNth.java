package org.repvgg.zoo;

import java.io.IOException;
import java.util.List;
import org.repvgg.data.LabelledImages;
import org.repvgg.image.Image;

/// A part of a split, spread over it.
record EveryNth(LabelledImages all, int step) implements LabelledImages {
    @Override
    public List<String> classNames() {
        return all.classNames();
    }

    @Override
    public int size() {
        return (all.size() + step - 1) / step;
    }

    @Override
    public int label(int index) {
        return all.label(index * step);
    }

    @Override
    public String name(int index) {
        return all.name(index * step);
    }

    @Override
    public Image image(int index) throws IOException {
        return all.image(index * step);
    }
}
