/// The Open Inference Protocol, version 2, over REST, with Triton's extensions for binary tensors
/// and classification: bytes in, bytes out, no HTTP.
///
/// [org.repvgg.serve.protocol.OpenInference] answers a request:
///
/// ```
/// body ──InferRequest──▶ images ──ServedModel──▶ logits ──InferResponse──▶ body
/// ```
@NullMarked
package org.repvgg.serve.protocol;

import org.jspecify.annotations.NullMarked;
