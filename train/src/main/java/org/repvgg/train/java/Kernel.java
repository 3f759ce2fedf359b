package org.repvgg.train.java;

/// A convolution's kernel and its gradient, both in `panels` from `at` on; the arrays are shared,
/// not copied.
record Kernel(Panels panels, float[] weights, float[] gradients, int at) {

    /// The kernel of that name.
    static Kernel of(Parameters parameters, String name) {
        return new Kernel(
                parameters.panels(name),
                parameters.weights,
                parameters.gradients,
                parameters.at(name));
    }
}
