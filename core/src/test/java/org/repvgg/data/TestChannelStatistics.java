package org.repvgg.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.repvgg.image.Image;
import org.repvgg.image.Preprocessing;
import org.repvgg.model.InputSpec;

final class TestChannelStatistics {
    /// Sums in double, rounded once to float.
    private static final float ROUNDING = 1e-6f;

    private static final Preprocessing TWO_PIXELS = new Preprocessing(InputSpec.centred(3, 1, 2));

    /// `images` of which those with a negative value are broken; a value is the red of the second
    /// pixel.
    private static LabelledImages split(int... images) {
        return new LabelledImages() {
            @Override
            public List<String> classNames() {
                return List.of("a", "b");
            }

            @Override
            public int size() {
                return images.length;
            }

            @Override
            public int label(int index) {
                return 0;
            }

            @Override
            public String name(int index) {
                return "image " + index;
            }

            @Override
            public Image image(int index) throws IOException {
                if (images[index] < 0) {
                    throw new IOException(name(index) + ": broken");
                }
                byte red = (byte) images[index];
                return new Image(2, 1, 3, new byte[] {0, -1, 51, red, -1, 51});
            }
        };
    }

    @Test
    void measuresEachChannel() throws IOException {
        ChannelStatistics statistics = ChannelStatistics.of(split(255, -1, 255), TWO_PIXELS, 100);

        assertThat(statistics.images()).isEqualTo(2);
        assertThat(statistics.mean().get(0)).isCloseTo(0.5f, within(ROUNDING));
        assertThat(statistics.std().get(0)).isCloseTo(0.5f, within(ROUNDING));
        assertThat(statistics.mean().get(2)).isCloseTo(0.2f, within(ROUNDING));
    }

    @Test
    void neverGivesADeviationOfZero() throws IOException {
        ChannelStatistics statistics = ChannelStatistics.of(split(255), TWO_PIXELS, 1);

        assertThat(statistics.std().get(1)).isCloseTo(1 / 255f, within(ROUNDING));
    }

    @Test
    void looksAtImagesSpreadOverTheSplit() throws IOException {
        ChannelStatistics statistics =
                ChannelStatistics.of(split(0, -1, 0, 255, -1, -1), TWO_PIXELS, 2);

        assertThat(statistics.images()).isEqualTo(2);
        assertThat(statistics.mean().get(0)).isCloseTo(0.25f, within(ROUNDING));
    }

    @Test
    void saysWhenNothingCanBeRead() {
        assertThatThrownBy(() -> ChannelStatistics.of(split(-1), TWO_PIXELS, 9))
                .isInstanceOf(DataException.class)
                .hasMessage("statistics: no image could be read: image 0: broken");
    }
}
