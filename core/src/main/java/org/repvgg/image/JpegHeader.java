package org.repvgg.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// What stands before a JPEG's first scan: its size, its colours, and how the camera was held.
///
/// @param components 1 grey, 3 colour, 4 print colours
/// @param adobeTransform of Adobe's marker: 0 none, 1 YCbCr, 2 YCCK; -1 without marker
/// @param rgb whether three components are red, green, blue, by libjpeg's rules
/// @param plain whether nothing but frame, tables and JFIF or Adobe markers is there
/// @param firstScan offset of the first start-of-scan marker
record JpegHeader(
        int width,
        int height,
        int components,
        int adobeTransform,
        boolean rgb,
        boolean plain,
        Orientation orientation,
        int firstScan) {
    private static final int APP0 = 0xe0;
    private static final int APP1 = 0xe1;
    private static final int APP14 = 0xee;
    private static final int APP15 = 0xef;
    private static final int COMMENT = 0xfe;
    private static final int START_OF_SCAN = 0xda;
    private static final byte[] JFIF = bytes("JFIF\0");
    private static final byte[] EXIF = bytes("Exif\0\0");
    private static final byte[] ADOBE = bytes("Adobe");
    private static final byte[] RGB = bytes("RGB");
    private static final byte[] JFIF_SEGMENT =
            bytes("\u00ff\u00e0\0\u0010JFIF\0\u0001\u0001\0\0\u0001\0\u0001\0\0");

    private static byte[] bytes(String latin) {
        return latin.getBytes(StandardCharsets.ISO_8859_1);
    }

    /// @throws ImageException if no frame header comes before the first scan
    static JpegHeader parse(byte[] jpeg, String name) throws ImageException {
        Reader reader = new Reader(jpeg, name);
        while (reader.next()) {
            reader.look();
        }
        return reader.header();
    }

    /// How many scans there are: start-of-scan markers, in a JPEG or in a file that holds some.
    static int scans(byte[] bytes) {
        int scans = 0;
        for (int at = 0; at < bytes.length - 4; at++) {
            if (isScan(bytes, at)) {
                scans++;
            }
        }
        return scans;
    }

    /// Tells the marker from what else looks like it, such as a video behind the picture, by the
    /// length and the number of components that follow: `6 + 2 n` and `n`.
    private static boolean isScan(byte[] bytes, int at) {
        int inScan = bytes[at + 4];
        return bytes[at] == (byte) 0xff
                && bytes[at + 1] == (byte) START_OF_SCAN
                && bytes[at + 2] == 0
                && bytes[at + 3] == 6 + 2 * inScan
                && inScan >= 1
                && inScan <= 4;
    }

    /// The same picture without profiles, previews and comments, which must not change what a
    /// network sees and which ImageIO stumbles over when they are odd; with a JFIF marker where the
    /// colours would be guessed without.
    byte[] cleaned(byte[] jpeg, String name) throws ImageException {
        if (plain) {
            return jpeg;
        }
        ByteArrayOutputStream clean = new ByteArrayOutputStream(jpeg.length + JFIF_SEGMENT.length);
        clean.write(jpeg, 0, 2);
        Reader reader = new Reader(jpeg, name);
        if (components != 4 && adobeTransform < 0 && !rgb) {
            clean.writeBytes(JFIF_SEGMENT);
        }
        while (reader.next()) {
            if (!reader.isDecoration()) {
                clean.write(jpeg, reader.start, reader.end - reader.start);
            }
        }
        clean.write(jpeg, firstScan, jpeg.length - firstScan);
        return clean.toByteArray();
    }

    /// Walks over the segments before the first scan.
    private static final class Reader {
        private final byte[] jpeg;
        private final String name;
        private int marker;
        private int start;
        private int content;
        private int end = 2;

        private int width = -1;
        private int height = -1;
        private byte[] components = {};
        private int adobeTransform = -1;
        private boolean jfif;
        private boolean plain = true;
        private Orientation orientation = Orientation.UPRIGHT;

        Reader(byte[] jpeg, String name) {
            this.jpeg = jpeg;
            this.name = name;
        }

        /// Steps to the next segment; false at the first scan.
        boolean next() throws ImageException {
            start = end;
            while (start + 1 < jpeg.length && byteAt(start) != 0xff) {
                start++; // garbage between segments, as libjpeg skips it
            }
            int at = start;
            while (at < jpeg.length && byteAt(at) == 0xff) {
                at++; // fill bytes
            }
            if (at + 2 >= jpeg.length) {
                throw new ImageException(
                        name, "JPEG ends before its first scan, after " + jpeg.length + " bytes");
            }
            marker = byteAt(at);
            if (marker == START_OF_SCAN) {
                return false;
            }
            content = at + 3;
            end = at + 1 + (byteAt(at + 1) << 8 | byteAt(at + 2));
            if (end < content || end > jpeg.length) {
                throw new ImageException(
                        name,
                        "JPEG segment of %d bytes at offset %d runs past the end of %d bytes"
                                .formatted(end - at - 1, at - 1, jpeg.length));
            }
            return true;
        }

        void look() {
            plain &= !isDecoration();
            if (isFrame() && end - content >= 6) {
                height = byteAt(content + 1) << 8 | byteAt(content + 2);
                width = byteAt(content + 3) << 8 | byteAt(content + 4);
                components = new byte[byteAt(content + 5)];
                for (int i = 0; i < components.length && content + 6 + 3 * i < end; i++) {
                    components[i] = jpeg[content + 6 + 3 * i];
                }
            } else if (marker == APP1 && startsWith(EXIF)) {
                int tiff = content + EXIF.length;
                orientation = Orientation.ofTiff(ByteBuffer.wrap(jpeg, tiff, end - tiff).slice());
            } else if (marker == APP14 && startsWith(ADOBE) && end - content >= 12) {
                adobeTransform = byteAt(content + 11);
            } else if (marker == APP0 && startsWith(JFIF)) {
                jfif = true;
            }
        }

        JpegHeader header() throws ImageException {
            if (width < 0) {
                throw new ImageException(name, "JPEG has no frame header before its first scan");
            }
            boolean rgb = components.length == 3 && !jfif && isRgb();
            boolean certain = jfif || adobeTransform >= 0 || rgb || components.length == 4;
            return new JpegHeader(
                    width,
                    height,
                    components.length,
                    adobeTransform,
                    rgb,
                    plain && certain,
                    orientation,
                    start);
        }

        private boolean isRgb() {
            return adobeTransform == 0 || adobeTransform < 0 && Arrays.equals(components, RGB);
        }

        private boolean isFrame() {
            return marker >= 0xc0
                    && marker <= 0xcf
                    && marker != 0xc4
                    && marker != 0xc8
                    && marker != 0xcc;
        }

        private boolean isDecoration() {
            return switch (marker) {
                case APP0 -> !startsWith(JFIF);
                case APP14 -> !startsWith(ADOBE);
                default -> marker > APP0 && marker <= APP15 || marker == COMMENT;
            };
        }

        private boolean startsWith(byte[] prefix) {
            return end - content >= prefix.length
                    && Arrays.equals(
                            jpeg, content, content + prefix.length, prefix, 0, prefix.length);
        }

        private int byteAt(int index) {
            return jpeg[index] & 0xff;
        }
    }
}
