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
    /// @param pixels of a share, `[count,channels,height,width]`, and of the image behind it;
    ///   changed
    /// @param targets `[count,classes]`, likewise; changed, each row keeps its sum
    /// @param random decides for all images of the batch, whatever the share; the same state gives
    ///   the same change
    /// @return the images of the batch that were mixed
    BitSet apply(
            float[] pixels,
            float[] targets,
            BatchShare share,
            int classes,
            int channels,
            int height,
            int width,
            SplittableRandom random) {
        BitSet mixed = new BitSet(share.batch());
        if (part == 0) {
            return mixed;
        }
        float[] originals = pixels.clone();
        float[] labels = targets.clone();
        int plane = height * width;
        for (int i = 0; i < share.batch(); i++) {
            if (random.nextDouble() >= part) {
                continue;
            }
            mixed.set(i);
            double side = Math.sqrt(random.nextDouble());
            Span rows = Span.draw(height, side, random);
            Span columns = Span.draw(width, side, random);
            if (!share.has(i)) {
                continue;
            }
            int own = i - share.first();
            int next = share.next(own);
            for (int c = 0; c < channels; c++) {
                for (int y = rows.from; y < rows.to; y++) {
                    int at = (c * height + y) * width + columns.from;
                    System.arraycopy(
                            originals,
                            next * channels * plane + at,
                            pixels,
                            own * channels * plane + at,
                            columns.size());
                }
            }
            float replaced = (float) rows.size() * columns.size() / plane;
            for (int k = 0; k < classes; k++) {
                targets[own * classes + k] =
                        (1 - replaced) * labels[own * classes + k]
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
