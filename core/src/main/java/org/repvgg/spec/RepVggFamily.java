package org.repvgg.spec;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.repvgg.spec.SqueezeExciteSpec.Placement;

/// The family of the paper, one line a variant (Tables 2 and 3; D2se and RepVGGplus from the
/// authors' later releases).
///
/// Stages 1 to 3 are 64, 128 and 256 channels times `a`, stage 4 is 512 times `b`, the stem
/// `min(64, 64 a)`.
public enum RepVggFamily {
    A0(Depths.A, 0.75, 2.5, 1),
    A1(Depths.A, 1, 2.5, 1),
    A2(Depths.A, 1.5, 2.75, 1),
    B0(Depths.B, 1, 2.5, 1),
    B1(Depths.B, 2, 4, 1),
    B1G2(Depths.B, 2, 4, 2),
    B1G4(Depths.B, 2, 4, 4),
    B2(Depths.B, 2.5, 5, 1),
    B2G2(Depths.B, 2.5, 5, 2),
    B2G4(Depths.B, 2.5, 5, 4),
    B3(Depths.B, 3, 5, 1),
    B3G2(Depths.B, 3, 5, 2),
    B3G4(Depths.B, 3, 5, 4),
    D2SE(
            "D2se",
            Depths.D,
            2.5,
            5,
            1,
            new SqueezeExciteSpec(16, Placement.BEFORE_RELU),
            false), // not in the paper
    PLUS_L2PSE( // not in the paper
            "plus-L2pse",
            Depths.D,
            2.5,
            5,
            1,
            new SqueezeExciteSpec(4, Placement.AFTER_RELU),
            true);

    private static final class Depths {
        static final List<Integer> A = List.of(1, 2, 4, 14, 1);
        static final List<Integer> B = List.of(1, 4, 6, 16, 1);
        static final List<Integer> D = List.of(1, 8, 14, 24, 1);
    }

    private static final int IMAGENET_CLASSES = 1000;
    private static final int LAST_GROUPED_BLOCK = 26;

    private final RepVggSpec spec;

    RepVggFamily(List<Integer> depths, double a, double b, int groups) {
        this(null, depths, a, b, groups, null, false);
    }

    RepVggFamily(
            @Nullable String name,
            List<Integer> depths,
            double a,
            double b,
            int groups,
            @Nullable SqueezeExciteSpec squeezeExcite,
            boolean auxiliaryHeads) {
        this.spec =
                new RepVggSpec(
                        name != null ? name : name().replace('G', 'g'),
                        3,
                        IMAGENET_CLASSES,
                        List.of(
                                (int) Math.min(64, 64 * a),
                                (int) (64 * a),
                                (int) (128 * a),
                                (int) (256 * a),
                                (int) (512 * b)),
                        depths,
                        List.of(2, 2, 2, 2, 2),
                        groups == 1 ? Map.of() : everySecondBlock(depths, groups),
                        List.of(RepVggSpec.PAPER_BRANCHES),
                        false,
                        squeezeExcite,
                        auxiliaryHeads);
    }

    /// The variant at 1000 classes and three input channels, with the paper's strides.
    public RepVggSpec spec() {
        return spec;
    }

    /// Finds a variant by the name people write: `A0`, `repvgg-b1g4`, `RepVGGplus-L2pse`; case is
    /// ignored.
    public static Optional<RepVggFamily> find(String name) {
        String wanted = name.toLowerCase(Locale.ROOT).replaceFirst("^repvgg[-_]?", "");
        return Arrays.stream(values())
                .filter(variant -> variant.spec.name().toLowerCase(Locale.ROOT).equals(wanted))
                .findFirst();
    }

    /// Groups on blocks 2, 4, …, 26 (section 3.4: the 3rd, 5th, 7th, … layer), never on the last.
    ///
    /// @return block index → groups, for a network of these depths
    public static Map<Integer, Integer> everySecondBlock(List<Integer> depths, int groups) {
        checkArgument(groups > 1, "groups must be above 1: %s", groups);
        int blocks = depths.stream().mapToInt(Integer::intValue).sum();
        Map<Integer, Integer> map = new LinkedHashMap<>();
        for (int block = 2; block <= LAST_GROUPED_BLOCK && block < blocks; block += 2) {
            map.put(block, groups);
        }
        return map;
    }
}
