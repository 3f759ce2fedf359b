package org.repvgg.train;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.BitSet;
import java.util.SplittableRandom;

/// CutMix (Yun et al., ICCV 2019, with α = 1): a rectangle of an image is replaced by the same one
/// of the next image of the batch, and the target by both targets' mean, weighted by their pixels.
///
/// The rectangle has the image's proportions, an area uniform between nothing and all of it, and a
/// uniform centre; what lies beyond the border is cut off.
///
/// @param part of the images that are mixed, `[0,1]`; 0 for none
public record CutMix(double part) {
    static final CutMix NONE = new CutMix(0);

    public CutMix {
        checkArgument(part >= 0 && part <= 1, "CutMix takes a part in [0,1] of images: %s", part);
    }

    /// Mixes a batch.
    ///
    /// @param pixels `[count,channels,height,width]`; changed
    /// @param targets `[count,classes]`; changed, each row keeps its sum
    /// @param random decides; the same state gives the same change
    /// @return the images that were mixed
    BitSet apply(
            float[] pixels,
            float[] targets,
            int count,
            int classes,
            int channels,
            int height,
            int width,
            SplittableRandom random) {
        BitSet mixed = new BitSet(count);
        if (part == 0) {
            return mixed;
        }
        float[] originals = pixels.clone();
        float[] labels = targets.clone();
        int plane = height * width;
        for (int i = 0; i < count; i++) {
            if (random.nextDouble() >= part) {
                continue;
            }
            mixed.set(i);
            double side = Math.sqrt(random.nextDouble());
            Span rows = Span.draw(height, side, random);
            Span columns = Span.draw(width, side, random);
            int next = (i + 1) % count;
            for (int c = 0; c < channels; c++) {
                for (int y = rows.from; y < rows.to; y++) {
                    int at = (c * height + y) * width + columns.from;
                    System.arraycopy(
                            originals,
                            next * channels * plane + at,
                            pixels,
                            i * channels * plane + at,
                            columns.size());
                }
            }
            float replaced = (float) rows.size() * columns.size() / plane;
            for (int k = 0; k < classes; k++) {
                targets[i * classes + k] =
                        (1 - replaced) * labels[i * classes + k]
                                + replaced * labels[next * classes + k];
            }
        }
        return mixed;
    }

    /// Pixels `[from,to)` of one dimension.
    private record Span(int from, int to) {
        static Span draw(int size, double part, SplittableRandom random) {
            int length = (int) Math.round(size * part);
            int from = random.nextInt(size) - length / 2;
            return new Span(Math.max(0, from), Math.min(size, from + length));
        }

        int size() {
            return Math.max(0, to - from);
        }
    }

    @Override
    public String toString() {
        return part == 0 ? "none" : "in " + part + " of the images";
    }
}
