package org.repvgg.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// The picture formats that are read, known by their first bytes.
public enum ImageFormat {
    JPEG("jpeg", Set.of("jpg", "jpeg", "jpe", "jfif")),
    PNG("png", Set.of("png")),
    GIF("gif", Set.of("gif")),
    BMP("bmp", Set.of("bmp")),
    TIFF("tiff", Set.of("tif", "tiff"));

    private final String imageIoName;
    private final Set<String> extensions;

    ImageFormat(String imageIoName, Set<String> extensions) {
        this.imageIoName = imageIoName;
        this.extensions = extensions;
    }

    String imageIoName() {
        return imageIoName;
    }

    /// Whether a file of this name should be an image, judging by its extension.
    public static boolean hasImageExtension(String fileName) {
        String extension =
                fileName.substring(fileName.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        return Arrays.stream(values()).anyMatch(format -> format.extensions.contains(extension));
    }

    /// Whether a file is an image, judging by its first bytes; also one of a format that is not
    /// read.
    ///
    /// No checkpoint begins like one: a safetensors file begins with the length of its header,
    /// which is below 100 MB and which writers pad to a multiple of 8, and these bytes are no such
    /// number.
    ///
    /// @return false where there is no such file, or it is a folder
    public static boolean isImage(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (InputStream stream = Files.newInputStream(file)) {
            byte[] start = stream.readNBytes(16);
            return of(start).isPresent() || foreign(start).isPresent();
        }
    }

    /// The format that `bytes` begin like.
    public static Optional<ImageFormat> of(byte[] bytes) {
        if (startsWith(bytes, "\u00ff\u00d8\u00ff")) {
            return Optional.of(JPEG);
        }
        if (startsWith(bytes, "\u0089PNG\r\n\u001a\n")) {
            return Optional.of(PNG);
        }
        if (startsWith(bytes, "GIF8")) {
            return Optional.of(GIF);
        }
        if (startsWith(bytes, "BM")) {
            return Optional.of(BMP);
        }
        if (startsWith(bytes, "II*\0") || startsWith(bytes, "MM\0*")) {
            return Optional.of(TIFF);
        }
        return Optional.empty();
    }

    /// What `bytes` are when they are none of ours: the end of a sentence that begins "it is".
    public static String nameOfUnknown(byte[] bytes) {
        if (bytes.length == 0) {
            return "an empty file";
        }
        boolean markup = start(bytes).stripLeading().startsWith("<");
        return foreign(bytes).orElse(markup ? "HTML, XML or SVG" : "of an unknown format");
    }

    /// The name of an image format that is not read.
    private static Optional<String> foreign(byte[] bytes) {
        String start = start(bytes);
        if (start.startsWith("RIFF") && start.startsWith("WEBP", 8)) {
            return Optional.of("WebP");
        }
        if (start.startsWith("ftypavif", 4)) {
            return Optional.of("AVIF");
        }
        if (start.startsWith("ftyphei", 4) || start.startsWith("ftypmif1", 4)) {
            return Optional.of("HEIC");
        }
        return Optional.empty();
    }

    private static String start(byte[] bytes) {
        return new String(bytes, 0, Math.min(bytes.length, 16), StandardCharsets.ISO_8859_1);
    }

    private static boolean startsWith(byte[] bytes, String latin) {
        byte[] prefix = latin.getBytes(StandardCharsets.ISO_8859_1);
        return bytes.length >= prefix.length
                && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
    }
}
