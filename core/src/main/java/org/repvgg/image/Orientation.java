package org.repvgg.image;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// How a camera was held: the eight orientations of EXIF, tag 0x0112.
enum Orientation {
    UPRIGHT(false, false, false),
    MIRRORED(false, true, false),
    UPSIDE_DOWN(false, true, true),
    MIRRORED_UPSIDE_DOWN(false, false, true),
    TRANSPOSED(true, false, false),
    TURNED_RIGHT(true, false, true),
    TRANSVERSED(true, true, true),
    TURNED_LEFT(true, true, false);

    private static final int TAG = 0x0112;

    private final boolean swapsAxes;
    private final boolean flipsX;
    private final boolean flipsY;

    /// Pixel `(x,y)` of the upright picture is pixel `(u,v)` of the stored one: `(u,v)` is `(y,x)`
    /// where axes are swapped, else `(x,y)`; then `u` counts from the right, `v` from the bottom,
    /// where flipped.
    Orientation(boolean swapsAxes, boolean flipsX, boolean flipsY) {
        this.swapsAxes = swapsAxes;
        this.flipsX = flipsX;
        this.flipsY = flipsY;
    }

    /// Reads the tag from the TIFF structure inside an EXIF segment; anything odd means [#UPRIGHT].
    static Orientation ofTiff(ByteBuffer tiff) {
        try {
            short order = tiff.getShort(0);
            tiff.order(order == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
            int directory = tiff.getInt(4);
            int entries = tiff.getShort(directory) & 0xffff;
            for (int entry = 0; entry < entries; entry++) {
                int at = directory + 2 + 12 * entry;
                if ((tiff.getShort(at) & 0xffff) == TAG) {
                    int value = tiff.getShort(at + 8);
                    return value >= 1 && value <= 8 ? values()[value - 1] : UPRIGHT;
                }
            }
            return UPRIGHT;
        } catch (IndexOutOfBoundsException | BufferUnderflowException _) {
            return UPRIGHT;
        }
    }

    /// The picture as the photographer saw it; the same object where nothing is to be done.
    Image apply(Image stored) {
        if (this == UPRIGHT) {
            return stored;
        }
        int width = swapsAxes ? stored.height() : stored.width();
        int height = swapsAxes ? stored.width() : stored.height();
        int channels = stored.channels();
        byte[] source = stored.unsafePixels();
        byte[] target = new byte[source.length];
        int to = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int u = swapsAxes ? y : x;
                int v = swapsAxes ? x : y;
                u = flipsX ? stored.width() - 1 - u : u;
                v = flipsY ? stored.height() - 1 - v : v;
                int from = (v * stored.width() + u) * channels;
                for (int channel = 0; channel < channels; channel++) {
                    target[to++] = source[from + channel];
                }
            }
        }
        return new Image(width, height, channels, target);
    }
}
