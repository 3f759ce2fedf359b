package org.repvgg.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.repvgg.model.InputSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

final class TestPreprocessing {

    private static Preprocessing preprocessing(int channels, int height, int width, double crop) {
        List<Float> half = List.of(0.5f, 0.5f, 0.5f).subList(0, channels);
        return new Preprocessing(
                new InputSpec(channels, height, width, half, half, crop, List.of()));
    }

    /// Pixels as Pillow 12.3 has them after `resize(…, BILINEAR)` of the shorter side to
    /// `floor(size / crop)` and a centre crop by torchvision's rules.
    @ParameterizedTest
    @CsvSource({
        "61,  47,  3, 32,  1,     4a42e5f5e059dc41",
        "500, 375, 3, 224, 0.875, d468c030b6ec5fcd",
        "375, 500, 3, 224, 0.875, 7a84b10a9b2aa0c3",
        "20,  31,  3, 32,  1,     10ee7d36d8f33339",
        "333, 77,  1, 28,  0.9,   c0ae34b6c35551de",
        "1,   1,   3, 8,   1,     fbf681e23fcd3ea5",
        "640, 640, 3, 65,  1,     b889bd950f922c0d",
        "3,   200, 3, 16,  0.5,   9ce5e463e48817b2",
    })
    void resizesAndCropsLikePillow(
            int width, int height, int channels, int size, double crop, String fingerprint) {
        Image fitted =
                preprocessing(channels, size, size, crop)
                        .fit(ImageFixtures.pattern(width, height, channels));

        assertThat(ImageFixtures.fingerprint(fitted)).isEqualTo(fingerprint);
    }

    @Test
    void turnsColourToGreyLikePillow() {
        Image fitted = preprocessing(1, 32, 32, 1).fit(ImageFixtures.pattern(61, 47, 3));

        assertThat(ImageFixtures.fingerprint(fitted)).isEqualTo("e69360aba1660588");
    }

    @Test
    void repeatsGreyInEveryChannel() {
        Image fitted = preprocessing(3, 1, 2, 1).fit(new Image(2, 1, 1, new byte[] {5, -1}));

        assertThat(fitted.unsafePixels()).containsExactly(5, 5, 5, -1, -1, -1);
    }

    @Test
    void leavesImagesOfTheRightSizeAlone() {
        Image image = ImageFixtures.pattern(32, 32, 3);

        assertThat(preprocessing(3, 32, 32, 1).fit(image)).isSameAs(image);
        assertThat(preprocessing(3, 32, 32, 0.5).fit(image)).isSameAs(image);
    }

    @ParameterizedTest
    @CsvSource({"1,100000", "100000,1", "7,3", "640,480", "1,1"})
    void fitsAnyImageToAnyInput(int width, int height) {
        for (int[] size : new int[][] {{32, 32}, {20, 50}, {50, 20}, {1, 1}}) {
            for (double crop : new double[] {1, 0.875, 0.3}) {
                Preprocessing preprocessing = preprocessing(1, size[0], size[1], crop);
                Image fitted = preprocessing.fit(ImageFixtures.pattern(width, height, 1));
                assertThat(fitted.height()).isEqualTo(size[0]);
                assertThat(fitted.width()).isEqualTo(size[1]);
                assertThat(preprocessing.fit(fitted)).isSameAs(fitted);
            }
        }
    }

    @Test
    void cutsTheMiddleOutOfWideImages() {
        byte[] stripes = new byte[9 * 3];
        for (int i = 0; i < stripes.length; i++) {
            stripes[i] = (byte) (i % 9);
        }

        Image fitted = preprocessing(1, 3, 5, 1).fit(new Image(9, 3, 1, stripes));

        assertThat(fitted.unsafePixels())
                .containsExactly(2, 3, 4, 5, 6, 2, 3, 4, 5, 6, 2, 3, 4, 5, 6);
    }

    @Test
    void keepsFlatImagesFlat() {
        byte[] white = new byte[61 * 47];
        Arrays.fill(white, (byte) 255);

        Image fitted = preprocessing(1, 32, 32, 0.9).fit(new Image(61, 47, 1, white));

        assertThat(fitted.unsafePixels()).containsOnly(255);
    }

    @Test
    void normalisesIntoPlanes() {
        InputSpec input = InputSpec.imageNet().withSize(1, 2);
        Image image = new Image(2, 1, 3, new byte[] {0, 100, (byte) 200, 50, (byte) 150, -1});
        float[] target = new float[8];

        new Preprocessing(input).into(image, target, 1);

        assertThat(target)
                .containsExactly(
                        0f,
                        (0 / 255f - 0.485f) / 0.229f,
                        (50 / 255f - 0.485f) / 0.229f,
                        (100 / 255f - 0.456f) / 0.224f,
                        (150 / 255f - 0.456f) / 0.224f,
                        (200 / 255f - 0.406f) / 0.225f,
                        (255 / 255f - 0.406f) / 0.225f,
                        0f);
    }

    @Test
    void makesBatches() {
        Preprocessing preprocessing = preprocessing(3, 8, 8, 1);
        List<Image> images =
                List.of(ImageFixtures.pattern(8, 8, 3), ImageFixtures.pattern(20, 9, 1));

        Tensor batch = preprocessing.batch(images);

        float[] second = new float[preprocessing.elements()];
        preprocessing.into(images.get(1), second, 0);
        assertThat(batch.shape()).isEqualTo(Shape.of(2, 3, 8, 8));
        assertThat(batch.get(3 * 8 * 8 + 17)).isEqualTo(second[17]);
        assertThat(preprocessing.batch(List.of()).shape()).isEqualTo(Shape.of(0, 3, 8, 8));
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThatThrownBy(() -> preprocessing(2, 4, 4, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("images give 1 or 3 channels, the network wants 2");
        assertThatThrownBy(
                        () ->
                                preprocessing(1, 4, 4, 1)
                                        .into(ImageFixtures.pattern(4, 4, 1), new float[20], 5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("an image of 16 floats at offset 5 does not fit 20 floats");
    }

    @Test
    void cropTellsWhatIsSeen() {
        Preprocessing whole = preprocessing(3, 16, 16, 1);
        assertThat(whole.crop(16, 16)).isEqualTo(new Preprocessing.Crop(0, 0, 1, 1));
        assertThat(whole.crop(40, 20)).isEqualTo(new Preprocessing.Crop(0.25, 0, 0.5, 1));
        Preprocessing usual = preprocessing(3, 224, 224, 0.875);
        assertThat(usual.crop(512, 512))
                .isEqualTo(new Preprocessing.Crop(0.0625, 0.0625, 0.875, 0.875));
    }
}
