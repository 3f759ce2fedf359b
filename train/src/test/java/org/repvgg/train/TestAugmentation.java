package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class TestAugmentation {
    private static final int SIDE = 5;

    /// Each pixel says where it is: 10 y + x, plus 100 in the second channel.
    private static final float[] PLACES = places();

    private static float[] places() {
        float[] pixels = new float[2 * SIDE * SIDE];
        for (int i = 0; i < pixels.length; i++) {
            int inChannel = i % (SIDE * SIDE);
            pixels[i] = 10 * (inChannel / SIDE) + inChannel % SIDE + 100 * (i / (SIDE * SIDE));
        }
        return pixels;
    }

    private static float[] apply(Augmentation augmentation, long seed) {
        return apply(augmentation, seed % 2 == 0, seed);
    }

    private static float[] apply(Augmentation augmentation, boolean turn, long seed) {
        float[] result = new float[PLACES.length];
        augmentation.apply(PLACES, result, 0, 2, SIDE, SIDE, turn, new SplittableRandom(seed));
        return result;
    }

    @Test
    void nothingChangesNothing() {
        assertThat(apply(new Augmentation(0, false, 0, Distortion.NONE), 1)).isEqualTo(PLACES);
    }

    @Test
    void mirrorsEveryRowWhenItIsTheImagesTurn() {
        var flip = new Augmentation(0, true, 0, Distortion.NONE);
        assertThat(apply(flip, false, 1)).isEqualTo(PLACES);
        float[] mirrored = apply(flip, true, 1);
        for (int i = 0; i < PLACES.length; i++) {
            int x = i % SIDE;
            assertThat(mirrored[i]).isEqualTo(PLACES[i - x + SIDE - 1 - x]);
        }
    }

    @Test
    void movesInEveryDirectionAndMirrorsTheBorder() {
        Set<Float> centres = new HashSet<>();
        for (long seed = 0; seed < 1000; seed++) {
            float[] pixels = apply(new Augmentation(2, false, 0, Distortion.NONE), seed);
            float centre = pixels[2 * SIDE + 2];
            centres.add(centre);
            int dy = (int) centre / 10 - 2;
            int dx = (int) centre % 10 - 2;
            assertThat(pixels[0]).isEqualTo(10 * Math.abs(dy) + Math.abs(dx)); // reflected at 0
        }
        assertThat(centres).hasSize(25);
    }

    @Test
    void blanksASquareThatTheEdgeMayCut() {
        Set<Integer> areas = new HashSet<>();
        for (long seed = 0; seed < 1000; seed++) {
            float[] pixels = apply(new Augmentation(0, false, 3, Distortion.NONE), seed);
            int blank = 0;
            for (int i = SIDE * SIDE; i < pixels.length; i++) { // no zero in the second channel
                blank += pixels[i] == 0 ? 1 : 0;
            }
            areas.add(blank);
        }
        assertThat(areas).containsExactlyInAnyOrder(4, 6, 9);
    }

    @Test
    void aSinglePixelSurvives() {
        float[] pixel = {7};
        float[] result = new float[1];
        new Augmentation(4, true, 0, Distortion.NONE)
                .apply(pixel, result, 0, 1, 1, 1, true, new SplittableRandom(1));
        assertThat(result).containsExactly(7);
    }
}
