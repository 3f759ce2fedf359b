package org.repvgg.serve.protocol;

import static org.repvgg.tensor.Checks.checkArgument;

/// What one request may ask for. The length of its body is the HTTP server's matter.
///
/// @param images of a request
/// @param elements of all its images together, `n * c * h * w`; activations grow with it
public record Limits(int images, int elements) {
    private static final int MAX_ELEMENTS = Integer.MAX_VALUE - 8;

    public Limits {
        checkArgument(images >= 1, "a request has at least one image, not %s", images);
        checkArgument(
                elements >= 1 && elements <= MAX_ELEMENTS,
                "elements must be from 1 to %s, not %s",
                MAX_ELEMENTS,
                elements);
    }

    /// 64 images, as many elements as 64 colour images of 224x224 have: 39 MB of floats.
    public static Limits defaults() {
        return new Limits(64, 64 * 3 * 224 * 224);
    }
}
