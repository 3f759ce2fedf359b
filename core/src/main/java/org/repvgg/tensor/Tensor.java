package org.repvgg.tensor;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.Arrays;

/// A box of floats that knows its shape: dense, row-major, never resized.
///
/// A tensor is immutable by convention: nothing in this library writes to one that it did not make.
/// [#unsafeArray] hands out the backing array without a copy, for kernels and file writers; callers
/// must not modify it.
public final class Tensor {
    private final Shape shape;
    private final float[] data;

    private Tensor(Shape shape, float[] data) {
        checkArgument(
                shape.elements() == data.length,
                "shape %s has %s elements, data has %s",
                shape,
                shape.elements(),
                data.length);
        this.shape = shape;
        this.data = data;
    }

    /// A tensor around `data`, which it owns from now on: the caller must not touch the array
    /// again.
    public static Tensor ofOwned(Shape shape, float[] data) {
        return new Tensor(shape, data);
    }

    /// A tensor around a copy of `data`.
    public static Tensor copyOf(Shape shape, float[] data) {
        return new Tensor(shape, data.clone());
    }

    /// A one-dimensional tensor of `values`, copied.
    public static Tensor vector(float... values) {
        return copyOf(Shape.of(values.length), values);
    }

    /// A tensor of zeros.
    public static Tensor zeros(Shape shape) {
        return new Tensor(shape, new float[shape.elements()]);
    }

    /// A tensor with `value` everywhere.
    public static Tensor filled(Shape shape, float value) {
        float[] data = new float[shape.elements()];
        Arrays.fill(data, value);
        return new Tensor(shape, data);
    }

    public Shape shape() {
        return shape;
    }

    /// Element at a flat, row-major index in `[0,elements)`.
    public float get(int index) {
        return data[index];
    }

    /// The elements as a fresh array, row-major.
    public float[] toArray() {
        return data.clone();
    }

    /// The backing array itself, row-major; must not be modified.
    public float[] unsafeArray() {
        return data;
    }

    /// The same elements under another shape; shares the array.
    ///
    /// @throws IllegalArgumentException if the element counts differ
    public Tensor reshape(Shape other) {
        return new Tensor(other, data);
    }

    /// `Tensor[64,48,3,3]`; elements are not printed.
    @Override
    public String toString() {
        return "Tensor" + shape;
    }
}
