package org.repvgg.train;

import static org.repvgg.tensor.Checks.checkArgument;

import org.repvgg.spec.ModuleNames;
import org.repvgg.spec.RepVggSpec;

/// The first stages of a network, whose weights and running statistics stay as they are.
///
/// @param stages how many, with the stem as the first; 0 for none, all for a network of which only
///   the classifier learns
public record FrozenStages(RepVggSpec spec, int stages) {
    public FrozenStages {
        checkArgument(
                stages >= 0 && stages <= spec.stages(),
                "cannot freeze %s stages: %s has %s",
                stages,
                spec.name(),
                spec.stages());
    }

    /// How many blocks are in them.
    public int blocks() {
        return stages == 0 ? 0 : spec.lastBlock(stages - 1) + 1;
    }

    /// Whether the tensor of that checkpoint name is in them.
    public boolean contains(String name) {
        for (int block = 0; block < blocks(); block++) {
            if (name.startsWith(ModuleNames.block(spec, block) + ".")) {
                return true;
            }
        }
        return false;
    }

    /// The first `stages` stages in words.
    static String text(int stages) {
        return switch (stages) {
            case 0 -> "none";
            case 1 -> "stem";
            default -> "stem to stage" + (stages - 1);
        };
    }
}
