package org.repvgg.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.repvgg.evaluate.ManyLooks.Looks;
import org.repvgg.fold.Fold;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.Classifier.BlockObserver;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.runtime.Runtimes;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

final class TestManyLooks {
    private static final int SIZE = 4;
    private static final int CLASSES = 3;
    private static final Shape IMAGES = Shape.of(2, 1, SIZE, SIZE);

    private static Classifier classifier() {
        RepVggSpec spec =
                RepVggFamily.A0.spec().toBuilder()
                        .inputChannels(1)
                        .classes(CLASSES)
                        .widths(List.of(4, 6))
                        .depths(List.of(1, 1))
                        .strides(List.of(1, 2))
                        .build();
        PlainModel model =
                Fold.fold(InitialWeights.random(spec, InputSpec.centred(1, SIZE, SIZE), 2));
        return Runtimes.load(model, new RuntimeOptions(1));
    }

    private static Tensor images() {
        float[] pixels = new float[IMAGES.elements()];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) Math.sin(3.7 * i);
        }
        return Tensor.ofOwned(IMAGES, pixels);
    }

    /// Written anew: what an image looks like, pixel by pixel.
    private static Tensor look(int move, boolean mirror) {
        float[] pixels = images().toArray();
        float[] changed = new float[pixels.length];
        int[] border = {1, 0, 1, 2, 3, 2}; // -1 to 4
        for (int i = 0; i < changed.length; i++) {
            int image = i / (SIZE * SIZE);
            int y = i / SIZE % SIZE;
            int x = i % SIZE;
            int column = mirror ? SIZE - 1 - x : x;
            int from =
                    image * SIZE * SIZE + border[y - move + 1] * SIZE + border[column - move + 1];
            changed[i] = pixels[from];
        }
        return Tensor.ofOwned(IMAGES, changed);
    }

    private static double[] mean(Classifier classifier, List<Tensor> looks, double... weights) {
        double[] mean = new double[2 * CLASSES];
        for (int look = 0; look < looks.size(); look++) {
            float[] logits = classifier.logits(looks.get(look)).toArray();
            for (int i = 0; i < mean.length; i++) {
                mean[i] += weights[look] * logits[i];
            }
        }
        return mean;
    }

    private static void check(Tensor logits, double[] expected) {
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) logits.get(i)).isEqualTo(expected[i], within(1e-5));
        }
    }

    @Test
    void mirrorIsTheMeanOfBothSides() {
        try (Classifier classifier = classifier()) {
            check(
                    new ManyLooks(classifier, Looks.MIRROR).logits(images()),
                    mean(classifier, List.of(look(0, false), look(0, true)), 0.5, 0.5));
        }
    }

    @Test
    void sixMovesBothSidesByAPixel() {
        try (Classifier classifier = classifier()) {
            List<Tensor> looks =
                    List.of(
                            look(0, false),
                            look(0, true),
                            look(-1, false),
                            look(-1, true),
                            look(1, false),
                            look(1, true));
            check(
                    new ManyLooks(classifier, Looks.SIX).logits(images()),
                    mean(classifier, looks, 0.25, 0.25, 0.125, 0.125, 0.125, 0.125));
            assertThat(Looks.SIX.count()).isEqualTo(looks.size());
        }
    }

    @Test
    void oneIsTheClassifierItself() {
        try (Classifier classifier = classifier()) {
            assertThat(new ManyLooks(classifier, Looks.ONE).logits(images()).toArray())
                    .isEqualTo(classifier.logits(images()).toArray());
        }
    }

    @Test
    void anObserverSeesTheImagesAsTheyAre() {
        List<Integer> seen = new ArrayList<>();
        BlockObserver observer =
                new BlockObserver() {
                    @Override
                    public boolean wants(int block) {
                        return true;
                    }

                    @Override
                    public void blockOutput(int block, Tensor output) {
                        seen.add(block);
                    }
                };
        try (Classifier classifier = classifier()) {
            Tensor _ = new ManyLooks(classifier, Looks.SIX).logits(images(), observer);
        }
        assertThat(seen).containsExactly(0, 1);
    }
}
