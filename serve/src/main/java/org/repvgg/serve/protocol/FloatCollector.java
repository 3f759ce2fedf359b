package org.repvgg.serve.protocol;

import java.util.Arrays;

/// Floats of which nobody knows yet how many there will be. Memory follows those that are there,
/// not those that were announced.
final class FloatCollector {
    private static final int START = 256;

    private final int most;
    private float[] values;
    private int size;

    /// @param most room for so many in the end
    FloatCollector(int most) {
        this.most = most;
        this.values = new float[Math.min(most, START)];
    }

    boolean isFull() {
        return size == most;
    }

    int size() {
        return size;
    }

    /// Only if it is not full.
    void add(float value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, (int) Math.min(most, 2L * size));
        }
        values[size++] = value;
    }

    /// The floats, in an array of their number; nothing may be added after.
    float[] toArray() {
        return size == values.length ? values : Arrays.copyOf(values, size);
    }
}
