package org.repvgg.data;

import java.util.List;
import org.repvgg.image.Image;

/// A split whose images lie uncompressed in memory, each sample one byte, channel planes one after
/// another.
final class RawImages implements Split {
    private final List<String> classNames;
    private final int channels;
    private final int height;
    private final int width;
    private final List<Part> parts;
    private final int size;

    /// Images of one file: image `i` begins at `start + i * step`, its label is `labels[i]`.
    ///
    /// @param name of the file
    record Part(String name, byte[] data, int start, int step, int[] labels) {
        int size() {
            return labels.length;
        }
    }

    RawImages(List<String> classNames, int channels, int height, int width, List<Part> parts) {
        this.classNames = List.copyOf(classNames);
        this.channels = channels;
        this.height = height;
        this.width = width;
        this.parts = List.copyOf(parts);
        this.size = parts.stream().mapToInt(Part::size).sum();
    }

    @Override
    public List<String> classNames() {
        return classNames;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int label(int index) {
        Place place = place(index);
        return place.part.labels()[place.index];
    }

    /// `data_batch_1.bin#17`.
    @Override
    public String name(int index) {
        Place place = place(index);
        return place.part.name() + "#" + place.index;
    }

    @Override
    public long bytes(int index) {
        return (long) channels * height * width;
    }

    @Override
    public Image image(int index) {
        Place place = place(index);
        byte[] data = place.part.data();
        int plane = height * width;
        int from = place.part.start() + place.index * place.part.step();
        byte[] pixels = new byte[plane * channels];
        for (int channel = 0; channel < channels; channel++) {
            for (int to = channel; to < pixels.length; to += channels) {
                pixels[to] = data[from++];
            }
        }
        return new Image(width, height, channels, pixels);
    }

    private Place place(int index) {
        int rest = index;
        for (Part part : parts) {
            if (rest >= 0 && rest < part.size()) {
                return new Place(part, rest);
            }
            rest -= part.size();
        }
        throw new IndexOutOfBoundsException("image %d of %d".formatted(index, size));
    }

    private record Place(Part part, int index) {}
}
