package org.repvgg.format;

import org.repvgg.tensor.Shape;
import org.repvgg.tensor.Tensor;

/// Where the tensors of a model come from: a file, an engine's memory, a random generator.
@FunctionalInterface
public interface TensorSource {
    /// @param name as [ReferenceNames] gives it
    /// @param shape what the answer's shape must be
    Tensor get(String name, Shape shape);
}
