package org.repvgg.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;

/// The extents of a tensor, outermost first: `[n,c,h,w]` for images, `[out,in/groups,height,width]`
/// for kernels.
///
/// The number of elements always fits an `int`, so loops over a tensor may trust `int` arithmetic.
public final class Shape {
    private final int[] dimensions;
    private final int elements;

    private Shape(int[] dimensions) {
        long product = 1;
        for (int dimension : dimensions) {
            if (dimension < 0) { // no checkArgument: the text costs more than the shape
                throw new IllegalArgumentException(
                        "a dimension is negative: " + Arrays.toString(dimensions));
            }
            product *= dimension;
            if (product > Integer.MAX_VALUE - 8) {
                throw new IllegalArgumentException(
                        "a tensor has more elements than an array can hold: "
                                + Arrays.toString(dimensions));
            }
        }
        this.dimensions = dimensions;
        this.elements = (int) product;
    }

    /// @param dimensions extents, outermost first; no dimensions make a scalar
    /// @throws IllegalArgumentException if an extent is negative or the product exceeds an array
    public static Shape of(int... dimensions) {
        return new Shape(dimensions.clone());
    }

    /// Number of dimensions.
    public int rank() {
        return dimensions.length;
    }

    /// Extent of dimension `index`, counted from the outermost.
    public int dimension(int index) {
        return dimensions[index];
    }

    /// Product of all extents.
    public int elements() {
        return elements;
    }

    /// The extents as a fresh array.
    public int[] toArray() {
        return dimensions.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(dimensions, shape.dimensions);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dimensions);
    }

    /// `[64,48,3,3]`.
    @Override
    public String toString() {
        return Arrays.stream(dimensions)
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(",", "[", "]"));
    }
}
