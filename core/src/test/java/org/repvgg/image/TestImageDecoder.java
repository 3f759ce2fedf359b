package org.repvgg.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TestImageDecoder {
    private static final Image COLOUR = ImageFixtures.pattern(24, 16, 3);
    private static final Image GREY = ImageFixtures.pattern(24, 16, 1);

    private static Image decode(byte[] bytes) throws IOException {
        return ImageDecoder.standard().decode(bytes, "cat/1.jpg");
    }

    private static Image roundTrip(BufferedImage image, String format) throws IOException {
        return decode(ImageFixtures.encode(image, format));
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "bmp", "tiff"})
    void readsColourWithoutLoss(String format) throws IOException {
        BufferedImage image = ImageFixtures.buffered(COLOUR, BufferedImage.TYPE_INT_RGB);

        Image decoded = roundTrip(image, format);

        assertThat(decoded.channels()).isEqualTo(3);
        assertThat(decoded.unsafePixels()).isEqualTo(COLOUR.unsafePixels());
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "bmp", "tiff", "gif"})
    void readsGreyAsItIsStored(String format) throws IOException {
        BufferedImage image = ImageFixtures.buffered(GREY, BufferedImage.TYPE_BYTE_GRAY);

        Image decoded = roundTrip(image, format);

        assertThat(decoded.channels()).isEqualTo(1);
        if (!format.equals("gif")) { // Java's own writer converts grey for GIF's palette
            assertThat(decoded.unsafePixels()).isEqualTo(GREY.unsafePixels());
        }
    }

    @Test
    void dropsAlpha() throws IOException {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
        image.setRGB(0, 0, 0x00123456);
        image.setRGB(1, 0, 0x80fedcba);

        Image decoded = roundTrip(image, "png");

        assertThat(decoded.unsafePixels())
                .containsExactly(0x12, 0x34, 0x56, (byte) 0xfe, (byte) 0xdc, (byte) 0xba);
    }

    @Test
    void readsPalettes() throws IOException {
        BufferedImage image = new BufferedImage(3, 1, BufferedImage.TYPE_BYTE_INDEXED);
        image.setRGB(0, 0, 0xffff0000);
        image.setRGB(1, 0, 0xff00ff00);
        image.setRGB(2, 0, 0xff0000ff);

        for (String format : List.of("png", "gif")) {
            Image decoded = roundTrip(image, format);
            assertThat(decoded.unsafePixels()).containsExactly(-1, 0, 0, 0, -1, 0, 0, 0, -1);
        }
    }

    @Test
    void readsBlackAndWhite() throws IOException {
        BufferedImage image = new BufferedImage(3, 1, BufferedImage.TYPE_BYTE_BINARY);
        image.setRGB(1, 0, 0xffffffff);

        assertThat(roundTrip(image, "png").unsafePixels()).containsExactly(0, -1, 0);
    }

    @Test
    void keepsTheUpperHalfOfSixteenBits() throws IOException {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_USHORT_GRAY);
        image.getRaster().setSample(0, 0, 0, 0x12ff);
        image.getRaster().setSample(1, 0, 0, 0xfe00);

        assertThat(roundTrip(image, "png").unsafePixels()).containsExactly(0x12, 0xfe);
    }

    /// Pixels as Pillow 12.3 has them after `convert("RGB")`, `ImageOps.exif_transpose` for the
    /// last.
    @ParameterizedTest
    @CsvSource({
        "progressive.jpg, 24, 16, 6fadfb225286ed52",
        "profile.jpg,     24, 16, 6fadfb225286ed52",
        "rgb.jpg,         24, 16, 1ccd80149b01b278",
        "cmyk.jpg,        24, 16, 1ccd80149b01b278",
        "ycck.jpg,        24, 16, 4c79525a20fe25f8",
        "turned.jpg,      16, 24, e157da2cbdcf7213",
    })
    void readsUnusualJpegsLikePillow(String file, int width, int height, String fingerprint)
            throws IOException {
        Image decoded = decode(ImageFixtures.resource(file));

        assertThat(decoded.width()).isEqualTo(width);
        assertThat(decoded.height()).isEqualTo(height);
        assertThat(ImageFixtures.fingerprint(decoded)).isEqualTo(fingerprint);
    }

    /// Where the stored top left pixel belongs, by the EXIF standard.
    @ParameterizedTest
    @CsvSource({"1,0,0", "2,2,0", "3,2,1", "4,0,1", "5,0,0", "6,1,0", "7,1,2", "8,0,2"})
    void turnsByOrientation(int tag, int x, int y) {
        Image stored = new Image(3, 2, 1, new byte[] {9, 1, 2, 3, 4, 5});

        Image upright = Orientation.values()[tag - 1].apply(stored);

        assertThat(upright.sample(x, y, 0)).isEqualTo(9);
        assertThat(upright.width()).isEqualTo(tag >= 5 ? 2 : 3);
    }

    @Test
    void survivesOddExif() {
        Random random = new Random(5);
        for (int round = 0; round < 2_000; round++) {
            byte[] tiff = new byte[random.nextInt(40)];
            random.nextBytes(tiff);
            assertThat(Orientation.ofTiff(ByteBuffer.wrap(tiff))).isNotNull();
        }
    }

    @Test
    void readsOnePixel() throws IOException {
        BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
        for (String format : List.of("png", "jpg", "bmp", "gif", "tiff")) {
            assertThat(roundTrip(image, format).width()).isEqualTo(1);
        }
    }

    @Test
    void readsStreams() throws IOException {
        byte[] png =
                ImageFixtures.encode(
                        ImageFixtures.buffered(COLOUR, BufferedImage.TYPE_INT_RGB), "png");

        Image decoded = ImageDecoder.standard().decode(new ByteArrayInputStream(png), "stdin");

        assertThat(decoded.unsafePixels()).isEqualTo(COLOUR.unsafePixels());
    }

    @Test
    void refusesLargeImagesBeforeDecodingThem() throws IOException {
        byte[] bomb = pngHeader(100_000, 100_000);
        assertThatThrownBy(() -> decode(bomb))
                .isInstanceOf(ImageException.class)
                .hasMessage(
                        "cat/1.jpg: 100000x100000 is 10,000,000,000 pixels, more than the 100,000,000 that are"
                                + " accepted");

        byte[] jpeg = ImageFixtures.resource("rgb.jpg");
        assertThatThrownBy(() -> new ImageDecoder(383).decode(jpeg, "x"))
                .hasMessage("x: 24x16 is 384 pixels, more than the 383 that are accepted");
        assertThat(new ImageDecoder(384).decode(jpeg, "x").height()).isEqualTo(16);
    }

    @Test
    void refusesManyScansBeforeDecodingThem() throws IOException {
        byte[] progressive = ImageFixtures.resource("progressive.jpg");
        int own = JpegHeader.scans(progressive);
        assertThat(own).isEqualTo(10);

        byte[] most = withMoreScans(progressive, ImageDecoder.SCAN_LIMIT - own);
        assertThat(ImageFixtures.fingerprint(decode(most))).isEqualTo("6fadfb225286ed52");
        for (int more : new int[] {ImageDecoder.SCAN_LIMIT + 1 - own, 100_000 - own}) {
            byte[] bomb = withMoreScans(progressive, more);
            assertThatThrownBy(() -> decode(bomb))
                    .isInstanceOf(ImageException.class)
                    .hasMessage(
                            "cat/1.jpg: %,d JPEG scans, more than the 100 that are accepted"
                                    .formatted(own + more));
        }
    }

    @Test
    void refusesManyScansInTiffs() throws IOException {
        byte[] tiff =
                jpegInTiff(
                        ImageFixtures.buffered(
                                ImageFixtures.pattern(64, 48, 3), BufferedImage.TYPE_INT_RGB));
        assertThat(JpegHeader.scans(tiff)).isBetween(1, 48);
        assertThat(decode(tiff).width()).isEqualTo(64);

        byte[] jpeg = ImageFixtures.resource("progressive.jpg");
        byte[] scans = withMoreScans(jpeg, 100_000);
        byte[] bomb = Arrays.copyOf(tiff, tiff.length + scans.length);
        System.arraycopy(scans, 0, bomb, tiff.length, scans.length);
        assertThatThrownBy(() -> decode(bomb))
                .isInstanceOf(ImageException.class)
                .hasMessageMatching("cat/1.jpg: 100,0\\d\\d JPEG scans, more than the .* accepted");
    }

    private static byte[] jpegInTiff(BufferedImage image) throws IOException {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("tiff").next();
        ImageWriteParam compressed = writer.getDefaultWriteParam();
        compressed.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        compressed.setCompressionType("JPEG");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), compressed);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    /// Says the first scan again and again: what it sets stays as it is.
    private static byte[] withMoreScans(byte[] jpeg, int more) throws IOException {
        int from = JpegHeader.parse(jpeg, "x").firstScan();
        int to = from + 2;
        while (jpeg[to] != -1 || jpeg[to + 1] == 0) { // up to the next marker
            to++;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(jpeg, 0, to);
        for (int i = 0; i < more; i++) {
            bytes.write(jpeg, from, to - from);
        }
        bytes.write(jpeg, to, jpeg.length - to);
        return bytes.toByteArray();
    }

    @Test
    void whatFollowsAPictureIsNoScan() throws IOException {
        byte[] jpeg = ImageFixtures.resource("progressive.jpg");
        byte[] withVideo = Arrays.copyOf(jpeg, jpeg.length + 1_000_000);
        for (int at = jpeg.length; at < withVideo.length; at += 2) {
            withVideo[at] = -1;
            withVideo[at + 1] = (byte) 0xda;
        }

        assertThat(ImageFixtures.fingerprint(decode(withVideo))).isEqualTo("6fadfb225286ed52");
    }

    private static byte[] pngHeader(int width, int height) {
        ByteBuffer png = ByteBuffer.allocate(8 + 25);
        png.put("\u0089PNG\r\n\u001a\n".getBytes(StandardCharsets.ISO_8859_1)).putInt(13);
        png.put("IHDR".getBytes(StandardCharsets.ISO_8859_1)).putInt(width).putInt(height);
        png.put(new byte[] {8, 2, 0, 0, 0});
        CRC32 crc = new CRC32();
        crc.update(png.array(), 12, 17);
        return png.putInt((int) crc.getValue()).array();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "RIFFxxxxWEBPVP8 | is WebP;",
                "xxxxftypheicxxxx | is HEIC;",
                "<svg width='1'> | is HTML, XML or SVG;",
                "what is this? | is of an unknown format;",
                "'' | is an empty file;",
            })
    void saysWhatElseAFileIs(String content, String message) {
        assertThatThrownBy(() -> decode(content.getBytes(StandardCharsets.ISO_8859_1)))
                .isInstanceOf(ImageException.class)
                .hasMessageStartingWith("cat/1.jpg: " + message)
                .hasMessageEndingWith("images must be JPEG, PNG, GIF, BMP or TIFF");
    }

    @ParameterizedTest
    @ValueSource(strings = {"jpg", "png", "gif", "bmp"})
    void refusesTruncatedFiles(String format) throws IOException {
        BufferedImage image =
                ImageFixtures.buffered(
                        ImageFixtures.pattern(64, 48, 3), BufferedImage.TYPE_INT_RGB);
        byte[] whole = ImageFixtures.encode(image, format);

        for (double part : new double[] {0.05, 0.3, 0.5, 0.8}) {
            byte[] half = Arrays.copyOf(whole, (int) (whole.length * part));
            assertThatThrownBy(() -> decode(half))
                    .as("%s of %s bytes of %s", half.length, whole.length, format)
                    .isInstanceOf(ImageException.class)
                    .message()
                    .startsWith("cat/1.jpg: ")
                    .doesNotContain("\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"jpg", "png", "gif", "bmp", "tiff"})
    void damageNeverEscapesAsAnotherException(String format) throws IOException {
        BufferedImage image = ImageFixtures.buffered(COLOUR, BufferedImage.TYPE_INT_RGB);
        byte[] whole = ImageFixtures.encode(image, format);
        long seed = 20260101;
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            byte[] damaged = Arrays.copyOf(whole, whole.length - random.nextInt(3));
            for (int flips = 1 + random.nextInt(8); flips > 0; flips--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            try {
                decode(damaged);
            } catch (ImageException e) {
                assertThat(e.getMessage())
                        .as("seed %s, round %s", seed, round)
                        .doesNotContain("\n");
            }
        }
    }

    @Test
    void decodesOnManyThreads() throws Exception {
        byte[] jpeg = ImageFixtures.resource("progressive.jpg");
        List<Future<String>> results = new ArrayList<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < 400; i++) {
                byte[] bytes = i % 7 == 0 ? Arrays.copyOf(jpeg, 300) : jpeg;
                results.add(
                        pool.submit(
                                () -> {
                                    try {
                                        return ImageFixtures.fingerprint(decode(bytes));
                                    } catch (ImageException _) {
                                        return "broken";
                                    }
                                }));
            }
        }
        for (int i = 0; i < 400; i++) {
            assertThat(results.get(i).get()).isEqualTo(i % 7 == 0 ? "broken" : "6fadfb225286ed52");
        }
    }
}
