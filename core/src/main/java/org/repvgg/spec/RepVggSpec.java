package org.repvgg.spec;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A whole network as numbers: stages of multi-branch blocks, global average pooling, one linear
/// layer (paper section 3.4, Table 2).
///
/// Stage 0 is the stem, a single block. The first block of a stage has the stage's stride, all
/// others stride 1. Blocks are counted from 0, the stem included.
///
/// @param name what people call it: `A0`
/// @param inputChannels channels of the image
/// @param classes outputs of the linear layer
/// @param widths channels of each stage
/// @param depths blocks of each stage; the stem has one
/// @param strides stride of each stage's first block
/// @param groups block index → groups of its convolutions, where more than 1
/// @param branches branch lists that the blocks of a stage take in turn; one list where all blocks
///   are alike
/// @param postNorm whether a batch norm follows the sum of branches
/// @param squeezeExcite gain in every block, or null for none
/// @param auxiliaryHeads whether the training form has RepVGGplus's three auxiliary classifiers
public record RepVggSpec(
        String name,
        int inputChannels,
        int classes,
        List<Integer> widths,
        List<Integer> depths,
        List<Integer> strides,
        Map<Integer, Integer> groups,
        List<List<BranchSpec>> branches,
        boolean postNorm,
        @Nullable SqueezeExciteSpec squeezeExcite,
        boolean auxiliaryHeads) {

    /// The paper's block: 3x3, 1x1 and identity, each with a batch norm.
    public static final List<BranchSpec> PAPER_BRANCHES =
            List.of(
                    BranchSpec.convolution(3, 3),
                    BranchSpec.convolution(1, 1),
                    BranchSpec.identity());

    private static final int MAX_BLOCKS = 1000;

    /// Bounds that keep every count of the network inside a `long`; far above any network in use.
    private static final int MAX_CHANNELS = 1 << 16;

    private static final int MAX_CLASSES = 1 << 20;

    public RepVggSpec {
        checkArgument(!name.isBlank(), "a spec needs a name");
        checkArgument(
                inputChannels >= 1 && inputChannels <= MAX_CHANNELS,
                "input channels must be in [1,%s]: %s",
                MAX_CHANNELS,
                inputChannels);
        checkArgument(
                classes >= 1 && classes <= MAX_CLASSES,
                "classes must be in [1,%s]: %s",
                MAX_CLASSES,
                classes);
        widths = List.copyOf(widths);
        depths = List.copyOf(depths);
        strides = List.copyOf(strides);
        groups = Map.copyOf(new TreeMap<>(groups));
        branches = branches.stream().map(List::copyOf).toList();
        checkArgument(!depths.isEmpty(), "a spec needs at least one stage");
        checkArgument(
                widths.size() == depths.size() && strides.size() == depths.size(),
                "every stage needs a width, a depth and a stride: widths=%s, depths=%s, strides=%s",
                widths,
                depths,
                strides);
        checkArgument(
                depths.getFirst() == 1, "the stem (stage0) has depth 1, not %s", depths.getFirst());
        for (int width : widths) {
            checkArgument(
                    width >= 1 && width <= MAX_CHANNELS,
                    "every width must be in [1,%s]: widths=%s",
                    MAX_CHANNELS,
                    widths);
        }
        for (int depth : depths) {
            checkArgument(depth >= 1, "every stage needs at least one block: depths=%s", depths);
        }
        long blocks = depths.stream().mapToLong(Integer::longValue).sum();
        checkArgument(
                blocks <= MAX_BLOCKS, "a spec has at most %s blocks, not %s", MAX_BLOCKS, blocks);
        for (int block : groups.keySet()) {
            checkArgument(
                    block >= 0 && block < blocks,
                    "groups name block %s, but blocks are 0 to %s",
                    block,
                    blocks - 1);
        }
        checkArgument(!branches.isEmpty(), "a spec needs at least one list of branches");
        checkArgument(
                !auxiliaryHeads || depths.size() == 5,
                "auxiliary heads belong to five stages, not %s: depths=%s",
                depths.size(),
                depths);
        checkArgument(
                !auxiliaryHeads || depths.get(3) >= 2,
                "the third auxiliary head halves stage 3, which needs two blocks: depths=%s",
                depths);
        resolve(inputChannels, widths, depths, strides, groups, branches, postNorm, squeezeExcite);
    }

    /// The blocks in order, the stem first, with every branch resolved for its place.
    ///
    /// An identity that cannot be, because the shape changes, is left out; one that reaches across
    /// blocks becomes a 1x1 projection there, as in ResNet.
    public List<BlockSpec> blocks() {
        return resolve(
                inputChannels, widths, depths, strides, groups, branches, postNorm, squeezeExcite);
    }

    /// Number of stages, the stem included.
    public int stages() {
        return depths.size();
    }

    /// Where block `block` stands: its stage and its position in it.
    public Place place(int block) {
        int first = 0;
        for (int stage = 0; stage < depths.size(); stage++) {
            if (block < first + depths.get(stage)) {
                return new Place(stage, block - first);
            }
            first += depths.get(stage);
        }
        throw new IllegalArgumentException(
                "block " + block + " is not one of the " + first + " blocks of " + name);
    }

    /// Index of the last block of `stage`.
    public int lastBlock(int stage) {
        int end = 0;
        for (int s = 0; s <= stage; s++) {
            end += depths.get(s);
        }
        return end - 1;
    }

    /// Channels that enter the linear layer.
    public int features() {
        return widths.getLast();
    }

    /// What `branch` of block `block` reads: channels, stride and groups, which differ from the
    /// block's own where it reaches back.
    public BranchInput branchInput(int block, BranchSpec branch) {
        return branchInput(blocks(), block, branch);
    }

    /// Likewise, for one who has the spec's `blocks` at hand and asks for many.
    public static BranchInput branchInput(List<BlockSpec> blocks, int block, BranchSpec branch) {
        BlockSpec own = blocks.get(block);
        if (branch.reach() == 0) {
            return new BranchInput(own.in(), own.stride(), own.groups());
        }
        int stride = 1;
        for (int b = block - branch.reach(); b <= block; b++) {
            stride *= blocks.get(b).stride();
        }
        return new BranchInput(blocks.get(block - branch.reach()).in(), stride, 1);
    }

    /// A copy to change, field by field.
    public Builder toBuilder() {
        return new Builder(this);
    }

    /// Stage and position of a block.
    public record Place(int stage, int position) {
        /// `stage0` for the stem, `stage3.7` elsewhere: the reference's names.
        @Override
        public String toString() {
            return stage == 0 ? "stage0" : "stage" + stage + "." + position;
        }
    }

    /// Channels read by a branch, its stride and its groups.
    public record BranchInput(int channels, int stride, int groups) {}

    private static List<BlockSpec> resolve(
            int inputChannels,
            List<Integer> widths,
            List<Integer> depths,
            List<Integer> strides,
            Map<Integer, Integer> groups,
            List<List<BranchSpec>> cycle,
            boolean postNorm,
            @Nullable SqueezeExciteSpec squeezeExcite) {
        List<BlockSpec> blocks = new ArrayList<>();
        int in = inputChannels;
        for (int stage = 0; stage < depths.size(); stage++) {
            for (int position = 0; position < depths.get(stage); position++) {
                int out = widths.get(stage);
                int stride = position == 0 ? strides.get(stage) : 1;
                List<BranchSpec> resolved = new ArrayList<>();
                Place place = new Place(stage, position);
                for (BranchSpec branch : cycle.get(position % cycle.size())) {
                    resolveBranch(branch, blocks, place, in, out, stride).ifPresent(resolved::add);
                }
                try {
                    int group = groups.getOrDefault(blocks.size(), 1);
                    blocks.add(
                            new BlockSpec(
                                    in, out, stride, group, resolved, postNorm, squeezeExcite));
                } catch (IllegalArgumentException e) {
                    throw new IllegalArgumentException(e.getMessage() + ": " + place, e);
                }
                in = out;
            }
        }
        return List.copyOf(blocks);
    }

    private static Optional<BranchSpec> resolveBranch(
            BranchSpec branch, List<BlockSpec> before, Place place, int in, int out, int stride) {
        checkArgument(
                branch.reach() <= before.size(),
                "branch %s reaches %s blocks back, only %s are there: %s",
                branch,
                branch.reach(),
                before.size(),
                place);
        if (!(branch instanceof BranchSpec.Identity identity)) {
            return Optional.of(branch);
        }
        int source = branch.reach() == 0 ? in : before.get(before.size() - branch.reach()).in();
        boolean strided = stride != 1;
        for (int b = before.size() - branch.reach(); b < before.size(); b++) {
            strided |= before.get(b).stride() != 1;
        }
        if (source == out && !strided) {
            return Optional.of(branch);
        }
        return branch.reach() == 0
                ? Optional.empty()
                : Optional.of(new BranchSpec.Convolution(1, 1, identity.tail(), identity.reach()));
    }

    /// A spec being changed. [#build] checks the whole.
    public static final class Builder {
        private String name;
        private int inputChannels;
        private int classes;
        private List<Integer> widths;
        private List<Integer> depths;
        private List<Integer> strides;
        private Map<Integer, Integer> groups;
        private List<List<BranchSpec>> branches;
        private boolean postNorm;
        private @Nullable SqueezeExciteSpec squeezeExcite;
        private boolean auxiliaryHeads;

        private Builder(RepVggSpec spec) {
            name = spec.name;
            inputChannels = spec.inputChannels;
            classes = spec.classes;
            widths = spec.widths;
            depths = spec.depths;
            strides = spec.strides;
            groups = spec.groups;
            branches = spec.branches;
            postNorm = spec.postNorm;
            squeezeExcite = spec.squeezeExcite;
            auxiliaryHeads = spec.auxiliaryHeads;
        }

        public Builder name(String value) {
            name = value;
            return this;
        }

        public Builder inputChannels(int value) {
            inputChannels = value;
            return this;
        }

        public Builder classes(int value) {
            classes = value;
            return this;
        }

        public Builder widths(List<Integer> value) {
            widths = value;
            return this;
        }

        /// Multiplies every width, the stem's included, and rounds to the nearest positive integer.
        public Builder scaleWidths(double factor) {
            checkArgument(factor > 0 && factor <= 64, "width factor must be in (0,64]: %s", factor);
            widths =
                    widths.stream()
                            .map(width -> Math.max(1, (int) Math.round(width * factor)))
                            .toList();
            return this;
        }

        public Builder depths(List<Integer> value) {
            depths = value;
            return this;
        }

        public Builder strides(List<Integer> value) {
            strides = value;
            return this;
        }

        public Builder groups(Map<Integer, Integer> value) {
            groups = value;
            return this;
        }

        /// The same branches in every block.
        public Builder branches(List<BranchSpec> value) {
            return branchCycle(List.of(value));
        }

        /// Branch lists that the blocks of a stage take in turn.
        public Builder branchCycle(List<List<BranchSpec>> value) {
            branches = value;
            return this;
        }

        public Builder postNorm(boolean value) {
            postNorm = value;
            return this;
        }

        public Builder squeezeExcite(@Nullable SqueezeExciteSpec value) {
            squeezeExcite = value;
            return this;
        }

        public Builder auxiliaryHeads(boolean value) {
            auxiliaryHeads = value;
            return this;
        }

        /// @throws IllegalArgumentException if the spec makes no sense, with the values and the
        ///   place
        public RepVggSpec build() {
            return new RepVggSpec(
                    name,
                    inputChannels,
                    classes,
                    widths,
                    depths,
                    strides,
                    groups,
                    branches,
                    postNorm,
                    squeezeExcite,
                    auxiliaryHeads);
        }
    }
}
