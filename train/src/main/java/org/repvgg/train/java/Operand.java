package org.repvgg.train.java;

import org.repvgg.kernel.MatrixKernels.Rows;

/// Maps in an array, from `at` on; the array is shared, not copied.
record Operand(Maps maps, float[] values, int at) {

    /// New maps of zeros.
    static Operand of(Maps maps) {
        return new Operand(maps, new float[maps.size()], 0);
    }

    /// Where pixel `pixel` begins.
    int at(int pixel) {
        return at + pixel * maps.plane();
    }

    /// Every image of a pixel as a row.
    Rows rows() {
        return new Rows(values, maps.channels());
    }
}
