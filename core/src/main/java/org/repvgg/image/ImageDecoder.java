package org.repvgg.image;

import static org.repvgg.tensor.Checks.checkArgument;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;

/// Decodes JPEG, PNG, GIF (its first frame), BMP and TIFF into 8-bit [Image]s. Safe to share
/// between threads.
///
/// What a network sees is what PyTorch users' `Image.open(f).convert("RGB")` shows theirs, with one
/// exception:
///
/// - alpha is dropped, not blended; 16-bit samples keep their upper 8 bits; grey stays one channel;
/// - colour profiles are ignored; print colours (CMYK, YCCK) are converted by the usual
///   approximation;
/// - the exception: a JPEG's EXIF orientation is honoured, because photos from phones lie on their
///   side otherwise.
///
/// The size is read first and refused above a limit, so that a small file cannot demand a large
/// memory. A JPEG has at most [#SCAN_LIMIT] scans, and so has one in a TIFF, so that it cannot
/// demand a long time either.
public final class ImageDecoder {
    /// Refuses images above this many pixels unless told otherwise: twice what today's phones take
    /// by default.
    public static final long DEFAULT_PIXEL_LIMIT = 100_000_000;

    /// Refuses JPEGs of more scans: each goes over the whole image, and takes a few bytes to ask
    /// for. Encoders write up to 20 or so.
    public static final int SCAN_LIMIT = 100;

    private static final ImageDecoder STANDARD = new ImageDecoder(DEFAULT_PIXEL_LIMIT);

    private final long pixelLimit;
    private final BlockingQueue<ImageReader> jpegReaders = new ArrayBlockingQueue<>(64);

    static {
        ImageIO.setUseCache(false); // temporary files would cost more than the decoding
    }

    /// @param pixelLimit largest `width * height` accepted
    public ImageDecoder(long pixelLimit) {
        checkArgument(pixelLimit >= 1, "the pixel limit must be positive: %s", pixelLimit);
        this.pixelLimit = pixelLimit;
    }

    /// The decoder with [#DEFAULT_PIXEL_LIMIT], shared.
    public static ImageDecoder standard() {
        return STANDARD;
    }

    /// @param name what to call the image in a message
    /// @throws ImageException if the bytes are no image of a known format, are damaged or too
    ///   large; one line
    public Image decode(byte[] bytes, String name) throws ImageException {
        Optional<ImageFormat> format = ImageFormat.of(bytes);
        if (format.isEmpty()) {
            throw new ImageException(
                    name,
                    "is %s; images must be JPEG, PNG, GIF, BMP or TIFF"
                            .formatted(ImageFormat.nameOfUnknown(bytes)));
        }
        try {
            return format.get() == ImageFormat.JPEG
                    ? decodeJpeg(bytes, name)
                    : decodeOther(bytes, name, format.get());
        } catch (ImageException e) {
            throw e;
        } catch (OutOfMemoryError e) {
            // one large array that did not fit: nothing else is harmed
            throw new ImageException(name, "needs more memory than is there to decode", e);
        } catch (IOException | RuntimeException e) {
            String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            throw new ImageException(name, "damaged %s: %s".formatted(format.get(), reason), e);
        }
    }

    /// Reads to the end of `stream` and decodes; does not close it.
    public Image decode(InputStream stream, String name) throws IOException {
        return decode(stream.readAllBytes(), name);
    }

    /// Decodes a file.
    public Image decode(Path file) throws IOException {
        return decode(Files.readAllBytes(file), file.toString());
    }

    private Image decodeJpeg(byte[] bytes, String name) throws IOException {
        JpegHeader header = JpegHeader.parse(bytes, name);
        checkSize(header.width(), header.height(), name);
        checkScans(bytes, 1, name);
        byte[] clean = header.cleaned(bytes, name);
        ImageReader pooled = jpegReaders.poll();
        ImageReader reader = pooled == null ? newReader(ImageFormat.JPEG) : pooled;
        boolean reusable = false;
        try (ByteArrayImageInputStream input = new ByteArrayImageInputStream(clean)) {
            DamageListener damage = new DamageListener();
            reader.addIIOReadWarningListener(damage);
            reader.setInput(input, true, true);
            Image stored =
                    header.components() == 4
                            ? Rasters.fromPrintColours(
                                    reader.readRaster(0, null), header.adobeTransform() == 2)
                            : Rasters.toImage(reader.read(0));
            damage.check(name);
            reader.reset();
            reusable = true;
            return header.orientation().apply(stored);
        } finally {
            if (!reusable || !jpegReaders.offer(reader)) {
                reader.dispose();
            }
        }
    }

    private Image decodeOther(byte[] bytes, String name, ImageFormat format) throws IOException {
        ImageReader reader = newReader(format);
        try (ByteArrayImageInputStream input = new ByteArrayImageInputStream(bytes)) {
            DamageListener damage = new DamageListener();
            reader.addIIOReadWarningListener(damage);
            reader.setInput(input, true, true);
            checkSize(reader.getWidth(0), reader.getHeight(0), name);
            if (format == ImageFormat.TIFF) {
                checkScans(bytes, tiles(reader), name);
            }
            BufferedImage decoded = reader.read(0);
            damage.check(name);
            return Rasters.toImage(decoded);
        } finally {
            reader.dispose();
        }
    }

    private void checkSize(int width, int height, String name) throws ImageException {
        if (width < 1 || height < 1) {
            throw new ImageException(name, "an image of %dx%d pixels".formatted(width, height));
        }
        if ((long) width * height > pixelLimit) {
            throw new ImageException(
                    name,
                    "%dx%d is %,d pixels, more than the %,d that are accepted"
                            .formatted(width, height, (long) width * height, pixelLimit));
        }
    }

    /// @param jpegs that the bytes may hold; the scans of one are as many times cheaper
    private static void checkScans(byte[] bytes, long jpegs, String name) throws ImageException {
        int scans = JpegHeader.scans(bytes);
        if (scans > SCAN_LIMIT * jpegs) {
            throw new ImageException(
                    name,
                    "%,d JPEG scans, more than the %,d that are accepted"
                            .formatted(scans, SCAN_LIMIT * jpegs));
        }
    }

    /// Pieces of a TIFF, strips or tiles; each may be a JPEG.
    private static long tiles(ImageReader reader) throws IOException {
        return (long) Math.ceilDiv(reader.getWidth(0), reader.getTileWidth(0))
                * Math.ceilDiv(reader.getHeight(0), reader.getTileHeight(0));
    }

    private static ImageReader newReader(ImageFormat format) {
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format.imageIoName());
        if (!readers.hasNext()) {
            throw new IllegalStateException("this Java has no reader for " + format);
        }
        return readers.next();
    }

    /// Catches libjpeg's complaint about a file that stops early, which would otherwise come out
    /// half grey.
    private static final class DamageListener implements IIOReadWarningListener {
        private String warning = "";

        @Override
        public void warningOccurred(ImageReader source, String text) {
            if (text.toLowerCase(Locale.ROOT).contains("premature")) {
                warning = text;
            }
        }

        void check(String name) throws ImageException {
            if (!warning.isEmpty()) {
                throw new ImageException(name, "truncated: " + warning);
            }
        }
    }
}
