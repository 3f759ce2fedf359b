package org.repvgg.cli;

import org.repvgg.spec.RepVggSpec;
import org.repvgg.spec.StageNames;

/// A stage named by a flag.
final class StageOption {
    private StageOption() {}

    /// @param option that asks
    /// @throws UserError if the network has none of that name
    static int parse(String option, RepVggSpec spec, String name) {
        return StageNames.find(spec, name)
                .orElseThrow(
                        () ->
                                new UserError(
                                        "%s wants stage0 to stage%s, not '%s'",
                                        option, spec.stages() - 1, name));
    }
}
