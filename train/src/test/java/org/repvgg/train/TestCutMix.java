package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.BitSet;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/// On images of one value each, of a class of their own: image `i` is all `i`.
final class TestCutMix {
    private static final int COUNT = 200;
    private static final int CHANNELS = 2;
    private static final int HEIGHT = 6;
    private static final int WIDTH = 5;
    private static final int PIXELS = HEIGHT * WIDTH;

    /// One rounding of a weight, one of its sum.
    private static final Offset<Float> ROUNDED = within(1e-6f);

    private record Mixed(float[] pixels, float[] targets) {
        static Mixed by(double part, long seed) {
            float[] pixels = new float[COUNT * CHANNELS * PIXELS];
            float[] targets = new float[COUNT * COUNT];
            for (int p = 0; p < pixels.length; p++) {
                pixels[p] = p / (CHANNELS * PIXELS);
            }
            for (int i = 0; i < COUNT; i++) {
                targets[i * COUNT + i] = 1;
            }
            BitSet _ =
                    new CutMix(part)
                            .apply(
                                    pixels,
                                    targets,
                                    BatchShare.whole(COUNT),
                                    COUNT,
                                    CHANNELS,
                                    HEIGHT,
                                    WIDTH,
                                    new SplittableRandom(seed));
            return new Mixed(pixels, targets);
        }

        float pixel(int image, int channel, int place) {
            return pixels[(image * CHANNELS + channel) * PIXELS + place];
        }

        /// Pixels of the next image in `image`, in the first channel.
        int pasted(int image) {
            int pasted = 0;
            for (int place = 0; place < PIXELS; place++) {
                pasted += pixel(image, 0, place) == next(image) ? 1 : 0;
            }
            return pasted;
        }
    }

    private static int next(int image) {
        return (image + 1) % COUNT;
    }

    @Test
    void targetsAreThePartsOfThePixels() {
        Mixed mixed = Mixed.by(1, 1);
        for (int i = 0; i < COUNT; i++) {
            float part = (float) mixed.pasted(i) / PIXELS;
            assertThat(mixed.targets[i * COUNT + next(i)]).isCloseTo(part, ROUNDED);
            assertThat(mixed.targets[i * COUNT + i]).isCloseTo(1 - part, ROUNDED);
        }
    }

    @Test
    void everyPixelIsTheImagesOwnOrTheNextOnesInAllChannels() {
        Mixed mixed = Mixed.by(1, 2);
        for (int i = 0; i < COUNT; i++) {
            for (int place = 0; place < PIXELS; place++) {
                assertThat(mixed.pixel(i, 0, place)).isIn((float) i, (float) next(i));
                assertThat(mixed.pixel(i, 1, place)).isEqualTo(mixed.pixel(i, 0, place));
            }
        }
    }

    @Test
    void areasAreOfAllSizes() {
        Mixed mixed = Mixed.by(1, 3);
        int[] quarters = new int[4];
        for (int i = 0; i < COUNT; i++) {
            quarters[Math.min(3, 4 * mixed.pasted(i) / PIXELS)]++;
        }
        assertThat(quarters).doesNotContain(0);
    }

    @Test
    void mixesThePartOfTheImages() {
        int mixed = 0;
        Mixed half = Mixed.by(0.5, 4);
        for (int i = 0; i < COUNT; i++) {
            mixed += half.pasted(i) > 0 ? 1 : 0;
        }
        assertThat(mixed).isBetween(COUNT / 4, COUNT / 2 + COUNT / 8);
        assertThat(Mixed.by(0, 4).pixels).isEqualTo(Mixed.by(0, 5).pixels);
    }

    @Test
    void isTheSameForTheSameSeed() {
        assertThat(Mixed.by(0.5, 6).pixels).isEqualTo(Mixed.by(0.5, 6).pixels);
        assertThat(Mixed.by(0.5, 6).pixels).isNotEqualTo(Mixed.by(0.5, 7).pixels);
    }

    @Test
    void tellsWhatItDoes() {
        assertThat(CutMix.NONE).hasToString("none");
        assertThat(new CutMix(0.5)).hasToString("in 0.5 of the images");
    }

    @Test
    void refusesNoPart() {
        assertThatThrownBy(() -> new CutMix(1.5)).hasMessageContainingAll("[0,1]", "1.5");
    }
}
