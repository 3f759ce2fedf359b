package org.repvgg.model;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.repvgg.spec.BlockSpec;

/// One block of the training form: its spec and its weights.
///
/// @param branches one for each of `spec.branches()`, in that order
/// @param postNorm present exactly when the spec has one
/// @param squeezeExcite present exactly when the spec has one
public record BranchedBlock(
        BlockSpec spec,
        List<Branch> branches,
        @Nullable BatchNorm postNorm,
        @Nullable SqueezeExcite squeezeExcite) {
    public BranchedBlock {
        branches = List.copyOf(branches);
        checkArgument(
                branches.size() == spec.branches().size(),
                "spec has %s branches, weights have %s",
                spec.branches().size(),
                branches.size());
        checkArgument(
                (postNorm != null) == spec.postNorm(),
                "spec says postNorm=%s, weights say %s",
                spec.postNorm(),
                postNorm != null);
        checkArgument(
                (squeezeExcite != null) == (spec.squeezeExcite() != null),
                "spec says squeezeExcite=%s, weights say %s",
                spec.squeezeExcite() != null,
                squeezeExcite != null);
    }
}
