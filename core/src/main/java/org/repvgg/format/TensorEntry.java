package org.repvgg.format;

import org.repvgg.tensor.Shape;

/// One tensor of a checkpoint: how it is called there and how large it is.
///
/// @param name `stage1.0.rbr_dense.conv.weight`
/// @param shape as in the file, `[64,48,3,3]`
/// @param role whether training changes it by gradients
public record TensorEntry(String name, Shape shape, Role role) {

    /// How a tensor comes by its values.
    public enum Role {
        /// Trained by gradients: kernels, biases, scales and shifts.
        TRAINABLE,
        /// Gathered while training: the running mean and variance of a batch norm.
        STATISTIC
    }
}
