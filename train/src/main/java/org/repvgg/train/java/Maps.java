package org.repvgg.train.java;

/// Feature maps of a batch, pixel by pixel: `[pixel][image][channel]`, channels padded to whole
/// vectors. A pixel of all images is a matrix, and a tap of a convolution a product with it; taps
/// that fall outside the image are simply not in the sum.
///
/// @param channels padded; what pads them is zero
/// @param images most that a batch has
record Maps(int height, int width, int channels, int images) {
    /// Floats after each pixel: keep the pixels of maps whose size is a multiple of 4 KiB out of
    /// each other's cache sets.
    private static final int GAP = 48;

    int pixels() {
        return height * width;
    }

    /// Floats from one pixel to the next.
    int plane() {
        return images * channels + GAP;
    }

    /// Floats of all pixels.
    ///
    /// @throws ArithmeticException if no array holds them
    int size() {
        int plane = Math.addExact(Math.multiplyExact(images, channels), GAP);
        return Math.multiplyExact(Math.multiplyExact(height, width), plane);
    }
}
