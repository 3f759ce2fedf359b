package org.repvgg.kernel;

/// What follows a linear map: `v < floor ? floor : v`. A NaN stays a NaN.
public enum Activation {
    NONE(Float.NEGATIVE_INFINITY),
    RELU(0);

    final float floor;

    Activation(float floor) {
        this.floor = floor;
    }

    float apply(float value) {
        return value < floor ? floor : value;
    }
}
