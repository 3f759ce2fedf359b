package org.repvgg.evaluate;

import java.io.IOException;
import java.util.List;
import org.repvgg.data.LabelledImages;
import org.repvgg.image.Image;

/// Images of one row of grey pixels, in memory; an image without pixels is broken.
record GivenImages(List<String> classNames, List<Item> items) implements LabelledImages {

    record Item(int label, List<Integer> pixels) {}

    static Item item(int label, Integer... pixels) {
        return new Item(label, List.of(pixels));
    }

    @Override
    public int size() {
        return items.size();
    }

    @Override
    public int label(int index) {
        return items.get(index).label();
    }

    @Override
    public String name(int index) {
        return "image" + index;
    }

    @Override
    public Image image(int index) throws IOException {
        List<Integer> pixels = items.get(index).pixels();
        if (pixels.isEmpty()) {
            throw new IOException(name(index) + ": not an image");
        }
        byte[] bytes = new byte[pixels.size()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = pixels.get(i).byteValue();
        }
        return new Image(bytes.length, 1, 1, bytes);
    }
}
