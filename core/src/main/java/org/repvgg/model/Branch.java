package org.repvgg.model;

import org.jspecify.annotations.Nullable;
import org.repvgg.tensor.Tensor;

/// Weights of one branch; its [org.repvgg.spec.BranchSpec] says the rest.
public sealed interface Branch {

    /// The batch norm after the linear map, or null where the spec has none.
    @Nullable BatchNorm norm();

    /// @param weight `[out,in/groups,height,width]`
    record Convolution(Tensor weight, @Nullable BatchNorm norm) implements Branch {}

    /// No weights but the norm's.
    record Identity(@Nullable BatchNorm norm) implements Branch {}

    /// @param weight `[out,in/groups,3,3]`, normalised per output before use
    /// @param identityScale `a`, `[out]`
    /// @param normalisedScale `b`, `[out]`
    record Dirac(
            Tensor weight, Tensor identityScale, Tensor normalisedScale, @Nullable BatchNorm norm)
            implements Branch {}
}
