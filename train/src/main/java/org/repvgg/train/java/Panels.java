package org.repvgg.train.java;

import java.util.Arrays;

/// How a kernel `[out,in,taps]` lies in memory: output channels in panels of two vectors, in each
/// `[tap][in][output of the panel]`, so that a product reads it from end to end.
///
/// @param taps of the kernel, 9 for 3x3
/// @param lanes floats of a vector
record Panels(int taps, int in, int out, int lanes) {

    /// `channels` filled up to whole vectors.
    static int padded(int channels, int lanes) {
        return Math.ceilDiv(channels, lanes) * lanes;
    }

    /// Floats from one input channel to the next.
    int width() {
        return 2 * lanes;
    }

    int count() {
        return Math.ceilDiv(out, width());
    }

    int size() {
        int tap = Math.multiplyExact(in, width());
        return Math.multiplyExact(count(), Math.multiplyExact(taps, tap));
    }

    /// Where panel `panel` begins.
    int at(int panel) {
        return panel * taps * in * width();
    }

    /// Where tap `tap` begins within a panel.
    int tapAt(int tap) {
        return tap * in * width();
    }

    /// Floats of panel `panel` that are computed: the last may get by with one vector.
    int computed(int panel) {
        return out - panel * width() > lanes ? width() : lanes;
    }

    /// Output channels in panel `panel`.
    int outputs(int panel) {
        return Math.min(width(), out - panel * width());
    }

    /// Multiply-adds of one panel with one pixel of `images` images.
    long work(int images) {
        return (long) images * taps * in * width();
    }

    /// Panels, from `at` on → `[out,in,taps]`.
    void unpack(float[] packed, int at, float[] kernel) {
        for (int panel = 0; panel < count(); panel++) {
            for (int i = 0; i < in; i++) {
                for (int t = 0; t < taps; t++) {
                    int from = at + at(panel) + tapAt(t) + i * width();
                    int to = (panel * width() * in + i) * taps + t;
                    for (int l = 0; l < outputs(panel); l++) {
                        kernel[to + l * in * taps] = packed[from + l];
                    }
                }
            }
        }
    }

    /// `[out,in,taps]` → panels, from `at` on; what no output channel fills stays as it is.
    void pack(float[] kernel, float[] packed, int at) {
        for (int panel = 0; panel < count(); panel++) {
            for (int i = 0; i < in; i++) {
                for (int t = 0; t < taps; t++) {
                    int to = at + at(panel) + tapAt(t) + i * width();
                    int from = (panel * width() * in + i) * taps + t;
                    for (int l = 0; l < outputs(panel); l++) {
                        packed[to + l] = kernel[from + l * in * taps];
                    }
                }
            }
        }
    }

    /// Lays one tap of a panel out with inputs and outputs exchanged: reads the kernel, which is in
    /// no cache, from end to end, and writes where a product reads next.
    ///
    /// @param packed the kernel, from `at` on
    /// @param panel of this kernel that is read
    /// @param target layout of `transposed`, whose inputs are this one's outputs
    /// @param targetTap the tap's place there
    void transpose(
            float[] packed,
            int at,
            int panel,
            int tap,
            float[] transposed,
            Panels target,
            int targetTap) {
        int row = at + at(panel) + tapAt(tap);
        for (int other = 0; other < target.count(); other++) {
            int to = target.at(other) + target.tapAt(targetTap) + panel * width() * target.width();
            int inputs = target.outputs(other);
            for (int o = 0; o < outputs(panel); o++) {
                int first = to + o * target.width();
                for (int i = 0; i < inputs; i++) {
                    transposed[first + i] = packed[row + i * width() + o];
                }
                Arrays.fill(transposed, first + inputs, first + target.width(), 0);
            }
            row += inputs * width();
        }
    }
}
