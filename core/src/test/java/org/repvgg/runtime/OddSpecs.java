package org.repvgg.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.repvgg.spec.BranchSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.SqueezeExciteSpec;
import org.repvgg.spec.SqueezeExciteSpec.Placement;

/// Small networks that between them have every feature a spec can spell, and widths that divide
/// nothing.
public final class OddSpecs {
    private OddSpecs() {}

    /// Every one of them has a plain form.
    public static List<RepVggSpec> plain() {
        return List.of(
                base("odd widths").build(),
                base("grey, one class").inputChannels(1).classes(1).build(),
                base("all strides one").strides(List.of(1, 1, 1)).build(),
                base("groups").widths(List.of(12, 24, 40)).groups(Map.of(1, 2, 2, 4, 4, 2)).build(),
                base("depthwise").widths(List.of(6, 6, 18)).groups(Map.of(1, 6, 2, 3)).build(),
                base("gain before")
                        .squeezeExcite(new SqueezeExciteSpec(4, Placement.BEFORE_RELU))
                        .build(),
                base("gain after")
                        .squeezeExcite(new SqueezeExciteSpec(16, Placement.AFTER_RELU))
                        .build());
    }

    /// Those, and what only the training form knows.
    public static List<RepVggSpec> branched() {
        List<RepVggSpec> specs = new ArrayList<>(plain());
        specs.add(branches("asymmetric", "conv3x3", "conv1x3", "conv3x1", "identity"));
        specs.add(branches("no norms", "identity-nobn", "conv1x1-nobn", "conv3x3-nobn"));
        specs.add(branches("identity first", "identity", "conv3x3"));
        specs.add(branches("relu in branches", "conv3x3-relu", "conv1x1-relu", "identity-relu"));
        specs.add(branches("dirac", "dirac"));
        specs.add(branches("dirac among others", "conv1x1", "dirac-nobn"));
        specs.add(branches("repeated", "conv3x3", "conv3x3", "conv3x3", "conv1x1"));
        specs.add(base("post norm").postNorm(true).build());
        specs.add(
                base("quantisation-aware")
                        .branches(parse("conv3x3", "conv1x1-nobn", "identity-nobn"))
                        .postNorm(true)
                        .build());
        specs.add(
                base("shortcut over two blocks")
                        .branchCycle(List.of(parse("conv3x3"), parse("conv3x3", "identity@1")))
                        .depths(List.of(1, 4, 2))
                        .build());
        specs.add(
                base("long shortcuts")
                        .branchCycle(
                                List.of(
                                        parse("conv3x3"),
                                        parse("conv3x3", "identity-nobn@2", "conv3x1-relu@1")))
                        .depths(List.of(1, 3, 4))
                        .build());
        specs.add(
                base("dirac in groups")
                        .widths(List.of(8, 8, 20))
                        .groups(Map.of(1, 2, 3, 4))
                        .branches(parse("dirac"))
                        .build());
        return specs;
    }

    private static RepVggSpec branches(String name, String... branches) {
        return base(name).branches(parse(branches)).build();
    }

    private static List<BranchSpec> parse(String... branches) {
        return Arrays.stream(branches).map(BranchSpec::parse).toList();
    }

    private static RepVggSpec.Builder base(String name) {
        return RepVggFamily.A0.spec().toBuilder()
                .name(name)
                .classes(7)
                .depths(List.of(1, 2, 2))
                .widths(List.of(5, 17, 33))
                .strides(List.of(2, 1, 2));
    }
}
