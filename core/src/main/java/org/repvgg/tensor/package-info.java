/// Shapes, tensors and argument checks: the vocabulary every other package speaks.
@NullMarked
package org.repvgg.tensor;

import org.jspecify.annotations.NullMarked;
