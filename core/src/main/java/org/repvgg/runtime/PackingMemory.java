package org.repvgg.runtime;

import java.util.function.IntFunction;

/// One array for packed weights, as large as the largest convolution's; whoever packs overwrites
/// what was there.
final class PackingMemory implements IntFunction<float[]> {
    private float[] array = {};

    @Override
    public float[] apply(int elements) {
        if (array.length < elements) {
            array = new float[elements];
        }
        return array;
    }
}
