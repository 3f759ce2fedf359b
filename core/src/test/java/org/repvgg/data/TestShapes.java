package org.repvgg.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.repvgg.image.Image;
import org.repvgg.image.Preprocessing;
import org.repvgg.model.InputSpec;

final class TestShapes {
    /// Chance is 0.1; a small RepVGG gets above 0.9.
    private static final double LINEAR_MODEL_LIMIT = 0.5;

    /// What the linear model gets on the images it learns from: proof that it does learn.
    private static final double LEARNT = 0.3;

    private static final int ELEMENTS = 3 * Shapes.SIDE * Shapes.SIDE;

    @Test
    void drawsTheSameEverywhere() throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        Shapes shapes = Shapes.train(0, 200);
        for (int i = 0; i < 200; i++) {
            digest.update(shapes.image(i).unsafePixels());
        }

        assertThat(HexFormat.of().formatHex(digest.digest(), 0, 8)).isEqualTo("a0bfeed51cece3bf");
    }

    @Test
    void imagesDependOnSeedSplitAndIndexAlone() {
        byte[] one = Shapes.train(1, 100).image(42).unsafePixels();

        assertThat(Shapes.train(1, 1000).image(42).unsafePixels()).isEqualTo(one);
        assertThat(Shapes.train(2, 100).image(42).unsafePixels()).isNotEqualTo(one);
        assertThat(Shapes.test(1, 100).image(42).unsafePixels()).isNotEqualTo(one);
        assertThat(Shapes.train(1, 100).image(52).unsafePixels()).isNotEqualTo(one);
    }

    @Test
    void isADataSet() throws Exception {
        try (Dataset data =
                Datasets.open("shapes", OpenOptions.standard().withShapes(50, 20).withSeed(3))) {
            assertThat(data.name()).isEqualTo("shapes");
            assertThat(data.train().size()).isEqualTo(50);
            assertThat(data.test().size()).isEqualTo(20);
            assertThat(data.train().classNames())
                    .containsExactly(
                            "arrow",
                            "circle",
                            "crescent",
                            "cross",
                            "heart",
                            "hexagon",
                            "ring",
                            "square",
                            "star",
                            "triangle");
            assertThat(data.train().label(17)).isEqualTo(7);
            assertThat(data.train().name(17)).isEqualTo("shapes/seed3/train/17");
            Image image = data.test().image(19);
            assertThat(image.width()).isEqualTo(32);
            assertThat(image.channels()).isEqualTo(3);
            assertThatThrownBy(() -> data.test().image(20))
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage("image 20 of 20");
        }
        try (Dataset standard = Datasets.open("shapes")) {
            assertThat(standard.train().size()).isEqualTo(10_000);
            assertThat(standard.test().size()).isEqualTo(2_000);
        }
    }

    @Test
    void aLinearModelFails() {
        Pixels train = Pixels.of(Shapes.train(0, 2_000));
        float[][] weights = new float[10][ELEMENTS + 1];
        for (int epoch = 0; epoch < 12; epoch++) {
            learn(weights, train, 0.001f / (1 + epoch));
        }

        assertThat(accuracy(weights, train)).isGreaterThan(LEARNT);
        assertThat(accuracy(weights, Pixels.of(Shapes.test(0, 1_000))))
                .isLessThan(LINEAR_MODEL_LIMIT);
    }

    /// Rows of normalised pixels with a 1 at the end, for the bias.
    private record Pixels(float[][] rows, int[] labels) {
        static Pixels of(Shapes shapes) {
            Preprocessing preprocessing =
                    new Preprocessing(InputSpec.centred(3, Shapes.SIDE, Shapes.SIDE));
            float[][] rows = new float[shapes.size()][ELEMENTS + 1];
            int[] labels = new int[shapes.size()];
            for (int index = 0; index < shapes.size(); index++) {
                preprocessing.into(shapes.image(index), rows[index], 0);
                rows[index][ELEMENTS] = 1;
                labels[index] = shapes.label(index);
            }
            return new Pixels(rows, labels);
        }
    }

    /// One epoch of softmax regression.
    private static void learn(float[][] weights, Pixels pixels, float rate) {
        for (int index = 0; index < pixels.rows().length; index++) {
            float[] row = pixels.rows()[index];
            double[] scores = scores(weights, row);
            double largest = Arrays.stream(scores).max().orElseThrow();
            double sum = Arrays.stream(scores).map(score -> Math.exp(score - largest)).sum();
            for (int label = 0; label < 10; label++) {
                double target = label == pixels.labels()[index] ? 1 : 0;
                float step = rate * (float) (target - Math.exp(scores[label] - largest) / sum);
                for (int i = 0; i < row.length; i++) {
                    weights[label][i] += step * row[i];
                }
            }
        }
    }

    private static double[] scores(float[][] weights, float[] row) {
        double[] scores = new double[weights.length];
        for (int label = 0; label < weights.length; label++) {
            float sum = 0;
            for (int i = 0; i < row.length; i++) {
                sum += weights[label][i] * row[i];
            }
            scores[label] = sum;
        }
        return scores;
    }

    private static double accuracy(float[][] weights, Pixels pixels) {
        int right = 0;
        for (int index = 0; index < pixels.rows().length; index++) {
            double[] scores = scores(weights, pixels.rows()[index]);
            int best = 0;
            for (int label = 1; label < 10; label++) {
                best = scores[label] > scores[best] ? label : best;
            }
            right += best == pixels.labels()[index] ? 1 : 0;
        }
        return (double) right / pixels.rows().length;
    }
}
