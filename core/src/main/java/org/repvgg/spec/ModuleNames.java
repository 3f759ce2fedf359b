package org.repvgg.spec;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What the reference implementation calls the parts of a network; tables, messages and checkpoints
/// use its names.
///
/// Networks with auxiliary heads follow RepVGGplus: `stage1.blocks.0`, and stage 3 in two halves,
/// `stage3_first.blocks.0` and `stage3_second.blocks.0`. Branches that the reference does not have
/// are called likewise: `rbr_1x3`, `rbr_3x1`, `rbr_dirac`, a second one of a kind `rbr_dense_2`,
/// one that reaches back `rbr_identity_from_1`.
public final class ModuleNames {
    private ModuleNames() {}

    /// Where the parts of block `block` are, without the trailing dot: `stage1.0`.
    public static String block(RepVggSpec spec, int block) {
        RepVggSpec.Place place = spec.place(block);
        if (place.stage() == 0 || !spec.auxiliaryHeads()) {
            return place.toString();
        }
        if (place.stage() != 3) {
            return "stage" + place.stage() + ".blocks." + place.position();
        }
        int firstHalf = firstHalf(spec);
        return place.position() < firstHalf
                ? "stage3_first.blocks." + place.position()
                : "stage3_second.blocks." + (place.position() - firstHalf);
    }

    /// The branches of one block, in its order: `rbr_dense`, `rbr_1x1`, `rbr_identity`.
    public static List<String> branches(BlockSpec block) {
        Map<String, Integer> seen = new HashMap<>();
        List<String> names = new ArrayList<>();
        for (BranchSpec branch : block.branches()) {
            String kind = kind(branch) + (branch.reach() == 0 ? "" : "_from_" + branch.reach());
            int count = seen.merge(kind, 1, Integer::sum);
            names.add(count == 1 ? kind : kind + "_" + count);
        }
        return names;
    }

    /// RepVGGplus's auxiliary heads, each with the block that it stands after; none in other
    /// networks.
    public static Map<String, Integer> auxiliaryHeads(RepVggSpec spec) {
        Map<String, Integer> heads = new LinkedHashMap<>();
        if (spec.auxiliaryHeads()) {
            heads.put("stage1_aux", spec.lastBlock(1));
            heads.put("stage2_aux", spec.lastBlock(2));
            heads.put("stage3_first_aux", spec.lastBlock(2) + firstHalf(spec));
        }
        return Collections.unmodifiableMap(heads);
    }

    /// Blocks of stage 3 before RepVGGplus's third auxiliary head.
    private static int firstHalf(RepVggSpec spec) {
        return spec.depths().get(3) / 2;
    }

    private static String kind(BranchSpec branch) {
        return switch (branch) {
            case BranchSpec.Convolution(int height, int width, _, _)
                    when height == 3 && width == 3 ->
                    "rbr_dense";
            case BranchSpec.Convolution(int height, int width, _, _) ->
                    "rbr_" + height + "x" + width;
            case BranchSpec.Identity _ -> "rbr_identity";
            case BranchSpec.Dirac _ -> "rbr_dirac";
        };
    }
}
