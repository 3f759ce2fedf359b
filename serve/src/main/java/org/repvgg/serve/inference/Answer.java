package org.repvgg.serve.inference;

import java.util.Map;
import org.repvgg.tensor.Tensor;

/// What a network said about some images.
///
/// @param logits `[n,classes]`, owned by the caller
/// @param blocks `[n,c,h,w]` of each block that was asked for, by index, owned by the caller
/// @param waitedNanos until the pass began
public record Answer(Tensor logits, Map<Integer, Tensor> blocks, long waitedNanos) {}
