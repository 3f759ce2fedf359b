package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class TestDistortion {
    private static final int SIDE = 9;
    private static final int MIDDLE = SIDE / 2;

    /// A few roundings of sines and proportions.
    private static final Offset<Float> ROUNDED = within(1e-4f);

    /// Channel 0 holds the column, channel 1 the row.
    private static float[] places() {
        float[] places = new float[2 * SIDE * SIDE];
        for (int p = 0; p < SIDE * SIDE; p++) {
            places[p] = p % SIDE;
            places[SIDE * SIDE + p] = p / SIDE;
        }
        return places;
    }

    private static float[] apply(Distortion distortion, int dy, int dx, boolean mirror, long seed) {
        float[] result = new float[2 * SIDE * SIDE];
        distortion.apply(
                places(), result, 0, 2, SIDE, SIDE, dy, dx, mirror, new SplittableRandom(seed));
        return result;
    }

    private static float column(float[] pixels, int y, int x) {
        return pixels[y * SIDE + x];
    }

    private static float row(float[] pixels, int y, int x) {
        return pixels[SIDE * SIDE + y * SIDE + x];
    }

    @Test
    void noDistortionMovesAndMirrorsOnly() {
        float[] moved = apply(Distortion.NONE, 1, -1, false, 1);
        assertThat(column(moved, MIDDLE, MIDDLE)).isEqualTo(MIDDLE - 1, ROUNDED);
        assertThat(row(moved, MIDDLE, MIDDLE)).isEqualTo(MIDDLE + 1, ROUNDED);
        assertThat(column(moved, MIDDLE, 0)).isEqualTo(1, ROUNDED); // reflected at 0
        float[] mirrored = apply(Distortion.NONE, 0, 0, true, 1);
        assertThat(column(mirrored, MIDDLE, 0)).isEqualTo(SIDE - 1, ROUNDED);
    }

    @Test
    void turnsByAllAnglesUpToTheLargest() {
        double most = 0;
        for (long seed = 0; seed < 200; seed++) {
            float[] turned = apply(new Distortion(30, 1, 0), 0, 0, false, seed);
            double right = column(turned, MIDDLE, MIDDLE + 1) - MIDDLE;
            double down = row(turned, MIDDLE, MIDDLE + 1) - MIDDLE;
            assertThat(Math.hypot(right, down)).isCloseTo(1, within(1e-4)); // a turn keeps lengths
            most = Math.max(most, Math.toDegrees(Math.abs(Math.atan2(down, right))));
            assertThat(most).isLessThanOrEqualTo(30.01);
        }
        assertThat(most).isGreaterThan(25);
    }

    @Test
    void zoomsBothWaysUpToTheLargest() {
        double least = 1;
        double most = 1;
        for (long seed = 0; seed < 200; seed++) {
            float[] zoomed = apply(new Distortion(0, 1.5, 0), 0, 0, false, seed);
            double step = column(zoomed, MIDDLE, MIDDLE + 1) - MIDDLE;
            assertThat(row(zoomed, MIDDLE, MIDDLE + 1)).isEqualTo(MIDDLE, ROUNDED);
            least = Math.min(least, step);
            most = Math.max(most, step);
        }
        assertThat(least).isBetween(1 / 1.501, 0.72);
        assertThat(most).isBetween(1.4, 1.501);
    }

    @Test
    void coloursAllPixelsAlike() {
        float[] coloured = apply(new Distortion(0, 1, 0.5), 0, 0, false, 3);
        // Contrast, saturation and brightness are linear: steps stay even along a row.
        float step = column(coloured, 2, 1) - column(coloured, 2, 0);
        for (int x = 1; x < SIDE; x++) {
            assertThat(column(coloured, 2, x) - column(coloured, 2, x - 1))
                    .isEqualTo(step, ROUNDED);
        }
        assertThat(coloured).isNotEqualTo(places());
    }

    @Test
    void halfOfTheImagesAreDistorted() {
        var augmentation = new Augmentation(0, false, 0, new Distortion(20, 1.2, 0.2));
        int distorted = 0;
        for (long seed = 0; seed < 1000; seed++) {
            float[] result = new float[2 * SIDE * SIDE];
            augmentation.apply(
                    places(), result, 0, 2, SIDE, SIDE, false, new SplittableRandom(seed));
            distorted += Arrays.equals(result, places()) ? 0 : 1;
        }
        assertThat(distorted).isBetween(400, 600); // 500 ± 6 standard deviations
    }

    @Test
    void refusesNonsense() {
        assertThatThrownBy(() -> new Distortion(-1, 1, 0)).hasMessageContainingAll("[0,180]", "-1");
        assertThatThrownBy(() -> new Distortion(0, 0.5, 0)).hasMessageContainingAll("[1,4]", "0.5");
        assertThatThrownBy(() -> new Distortion(0, 1, 1)).hasMessageContainingAll("[0,1)", "1.0");
    }
}
