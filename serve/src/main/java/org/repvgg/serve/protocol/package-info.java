/// The Open Inference Protocol, version 2, over REST, with Triton's extension for binary tensors:
/// bytes in, bytes out, no HTTP.
@NullMarked
package org.repvgg.serve.protocol;

import org.jspecify.annotations.NullMarked;
