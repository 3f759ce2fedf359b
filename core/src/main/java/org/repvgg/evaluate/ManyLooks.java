package org.repvgg.evaluate;

import java.util.List;
import org.repvgg.model.InputSpec;
import org.repvgg.runtime.Classifier;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// A classifier that looks at every image several times, changed a little, and answers the weighted
/// mean of the logits: test-time augmentation. Accuracies that it gives are to be told apart from
/// those of one look.
public final class ManyLooks implements Classifier {
    private final Classifier classifier;
    private final Looks looks;

    /// @param classifier stays the caller's to close
    public ManyLooks(Classifier classifier, Looks looks) {
        this.classifier = classifier;
        this.looks = looks;
    }

    /// How an image is looked at.
    public enum Looks {
        /// As it is.
        ONE(List.of(new Look(0, false, 1))),

        /// Its mirror image, too.
        MIRROR(List.of(new Look(0, false, 0.5f), new Look(0, true, 0.5f))),

        /// Both, and both moved by a pixel up and left, and down and right, together worth as much
        /// (Jordan, 2024, arXiv 2404.00498).
        SIX(
                List.of(
                        new Look(0, false, 0.25f),
                        new Look(0, true, 0.25f),
                        new Look(-1, false, 0.125f),
                        new Look(-1, true, 0.125f),
                        new Look(1, false, 0.125f),
                        new Look(1, true, 0.125f)));

        private final List<Look> looks;

        Looks(List<Look> looks) {
            this.looks = looks;
        }

        public int count() {
            return looks.size();
        }
    }

    /// @param move pixels down and to the right; what moves in mirrors the border
    /// @param mirror whether left and right change sides, after moving
    private record Look(int move, boolean mirror, float weight) {
        Tensor of(Tensor images) {
            if (move == 0 && !mirror) {
                return images;
            }
            Shape shape = images.shape();
            int height = shape.dimension(2);
            int width = shape.dimension(3);
            float[] pixels = images.unsafeArray();
            float[] changed = new float[pixels.length];
            for (int plane = 0; plane < pixels.length; plane += height * width) {
                for (int y = 0; y < height; y++) {
                    int from = plane + reflect(y - move, height) * width;
                    int to = plane + y * width;
                    for (int x = 0; x < width; x++) {
                        int column = reflect((mirror ? width - 1 - x : x) - move, width);
                        changed[to + x] = pixels[from + column];
                    }
                }
            }
            return Tensor.ofOwned(shape, changed);
        }

        /// An index at most one outside `[0,size)`, mirrored at the border.
        private static int reflect(int index, int size) {
            if (size == 1) {
                return 0;
            }
            int inside = Math.abs(index);
            return inside < size ? inside : 2 * size - 2 - inside;
        }
    }

    @Override
    public RepVggSpec spec() {
        return classifier.spec();
    }

    @Override
    public InputSpec input() {
        return classifier.input();
    }

    /// The mean of all looks; the observer sees the blocks of the first, the images as they are.
    @Override
    public Tensor logits(Tensor images, BlockObserver observer) {
        float[] mean = new float[images.shape().dimension(0) * spec().classes()];
        BlockObserver first = observer;
        for (Look look : looks.looks) {
            float[] logits = classifier.logits(look.of(images), first).unsafeArray();
            first = BlockObserver.NONE;
            for (int i = 0; i < mean.length; i++) {
                mean[i] = Math.fma(look.weight, logits[i], mean[i]);
            }
        }
        return Tensor.ofOwned(Shape.of(images.shape().dimension(0), spec().classes()), mean);
    }

    /// Closes nothing: the classifier belongs to the caller.
    @Override
    public void close() {}
}
