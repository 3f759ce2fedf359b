package org.repvgg.train;

import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.repvgg.data.Dataset;
import org.repvgg.data.LabelledImages;
import org.repvgg.image.Image;

/// Noise around one colour a class: easy to learn, quick to make, the same every time.
///
/// @param classes at most 8
/// @param broken images that cannot be read
record ColouredImages(int classes, int size, int side, long seed, Set<Integer> broken)
        implements LabelledImages {

    static Dataset dataset(int classes, int train, int test) {
        return dataset(
                new ColouredImages(classes, train, 8, 1, Set.of()),
                new ColouredImages(classes, test, 8, 2, Set.of()));
    }

    static Dataset dataset(ColouredImages train, ColouredImages test) {
        String digest = "%d-%d-%d".formatted(train.classes, train.size, test.size);
        return new Dataset("colours", train, test, digest, () -> {});
    }

    @Override
    public List<String> classNames() {
        return IntStream.range(0, classes).mapToObj(c -> "colour" + c).toList();
    }

    @Override
    public int label(int index) {
        return index % classes;
    }

    @Override
    public String name(int index) {
        return "image" + index;
    }

    @Override
    public Image image(int index) throws IOException {
        if (broken.contains(index)) {
            throw new IOException(name(index) + ": not an image");
        }
        Random random = new Random(seed * 1_000_003 + index);
        byte[] pixels = new byte[side * side * 3];
        for (int i = 0; i < pixels.length; i++) {
            boolean bright = (label(index) >> (i % 3) & 1) == 1;
            double value = (bright ? 160 : 90) + 40 * random.nextGaussian();
            pixels[i] = (byte) Math.clamp(Math.round(value), 0, 255);
        }
        return new Image(side, side, 3, pixels);
    }
}
