package org.repvgg.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.BitSet;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.repvgg.train.Mixup.Images;

/// On images of one value each, of a class of their own: image `i` is all `i`.
final class TestMixup {
    private static final int COUNT = 50;
    private static final int ELEMENTS = 12;
    private static final int DRAWS = 20_000;

    /// Two roundings of products of numbers up to 50, one of their sum.
    private static final Offset<Float> ROUNDED = within(3 * 50 * 0x1p-24f);

    private static Images images() {
        float[] pixels = new float[COUNT * ELEMENTS];
        float[] targets = new float[COUNT * COUNT];
        for (int i = 0; i < COUNT; i++) {
            for (int k = 0; k < ELEMENTS; k++) {
                pixels[i * ELEMENTS + k] = i;
            }
            targets[i * COUNT + i] = 1;
        }
        return new Images(BatchShare.whole(COUNT), pixels, ELEMENTS, targets, COUNT);
    }

    private static Images mixed(double alpha, BitSet except, long seed) {
        Images batch = images();
        new Mixup(alpha).apply(images(), batch, except, new SplittableRandom(seed));
        return batch;
    }

    @Test
    void pixelsAndTargetsAreMixedAlike() {
        Images mixed = mixed(1, new BitSet(), 1);
        for (int i = 0; i < COUNT; i++) {
            int next = (i + 1) % COUNT;
            float part = mixed.targets()[i * COUNT + i];
            assertThat(part).isBetween(0f, 1f);
            assertThat(mixed.targets()[i * COUNT + next]).isCloseTo(1 - part, ROUNDED);
            for (int k = 0; k < ELEMENTS; k++) {
                assertThat(mixed.pixels()[i * ELEMENTS + k])
                        .isCloseTo(part * i + (1 - part) * next, ROUNDED);
            }
        }
    }

    /// Of Beta(α, α): mean 1/2, variance `1 / (4 (2α + 1))`; within five deviations of their
    /// estimates, for which a fourth moment is at most a quarter of the variance.
    @ParameterizedTest
    @ValueSource(doubles = {0.001, 0.2, 1, 8, 1000})
    void partsAreDrawnFromBeta(double alpha) {
        var random = new SplittableRandom(2);
        var mixup = new Mixup(alpha);
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < DRAWS; i++) {
            double part = mixup.draw(random);
            assertThat(part).isBetween(0.0, 1.0);
            sum += part - 0.5;
            squares += (part - 0.5) * (part - 0.5);
        }
        double variance = 1 / (4 * (2 * alpha + 1));
        assertThat(sum / DRAWS).isCloseTo(0, within(5 * Math.sqrt(variance / DRAWS)));
        assertThat(squares / DRAWS)
                .isCloseTo(variance, within(5 * Math.sqrt(variance / 4 / DRAWS)));
    }

    @Test
    void whatIsMixedAlreadyStays() {
        BitSet except = new BitSet();
        except.set(3);
        Images mixed = mixed(1, except, 3);
        assertThat(mixed.targets()[3 * COUNT + 3]).isEqualTo(1);
        assertThat(mixed.pixels()[3 * ELEMENTS]).isEqualTo(3);
        assertThat(mixed.targets()[4 * COUNT + 4]).isLessThan(1);
    }

    @Test
    void isTheSameForTheSameSeed() {
        assertThat(mixed(0.4, new BitSet(), 6).pixels())
                .isEqualTo(mixed(0.4, new BitSet(), 6).pixels())
                .isNotEqualTo(mixed(0.4, new BitSet(), 7).pixels());
        assertThat(mixed(0, new BitSet(), 6).pixels()).isEqualTo(images().pixels());
    }

    @Test
    void tellsWhatItDoes() {
        assertThat(Mixup.NONE).hasToString("none");
        assertThat(new Mixup(0.2)).hasToString("alpha 0.2");
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, 1e-4, 1e4, Double.NaN, Double.POSITIVE_INFINITY})
    void refusesNoAlpha(double alpha) {
        assertThatThrownBy(() -> new Mixup(alpha))
                .hasMessageContainingAll("mixup", String.valueOf(alpha));
    }
}
