package org.repvgg.spec;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// One multi-branch block, as pure numbers: `y = relu(norm(sum of branches))`, where the norm after
/// the sum is optional.
///
/// @param in input channels
/// @param out output channels
/// @param stride 1 or 2, shared by every branch
/// @param groups groups of every convolution in the block
/// @param branches at least one, summed
/// @param postNorm whether a batch norm follows the sum (Table 7 "post-addition BN"; QARepVGG)
/// @param squeezeExcite a per-channel gain around the ReLU, or null for none
public record BlockSpec(
        int in,
        int out,
        int stride,
        int groups,
        List<BranchSpec> branches,
        boolean postNorm,
        @Nullable SqueezeExciteSpec squeezeExcite) {

    public BlockSpec {
        branches = List.copyOf(branches);
        checkArgument(in >= 1 && out >= 1, "channels must be positive: in=%s, out=%s", in, out);
        checkArgument(stride == 1 || stride == 2, "stride must be 1 or 2: %s", stride);
        checkArgument(groups >= 1, "groups must be positive: %s", groups);
        checkArgument(
                in % groups == 0 && out % groups == 0,
                "channels must divide by groups: in=%s, out=%s, groups=%s",
                in,
                out,
                groups);
        checkArgument(
                !branches.isEmpty(), "a block needs at least one branch: in=%s, out=%s", in, out);
        for (BranchSpec branch : branches) {
            checkArgument(
                    !(branch instanceof BranchSpec.Identity)
                            || branch.reach() > 0
                            || (in == out && stride == 1),
                    "an identity branch needs one shape in and out: in=%s, out=%s, stride=%s",
                    in,
                    out,
                    stride);
        }
    }

    /// Height or width after the block: `ceil(size / stride)`.
    public int outputSize(int size) {
        return (size + stride - 1) / stride;
    }

    /// Input channels each output sees.
    public int inPerGroup() {
        return in / groups;
    }
}
