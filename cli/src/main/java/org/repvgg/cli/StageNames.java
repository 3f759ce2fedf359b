package org.repvgg.cli;

import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.repvgg.spec.RepVggSpec;

/// Stages as people name them: `stage3`, or `3`.
final class StageNames {
    private static final Pattern NAME = Pattern.compile("(?:stage)?(\\d{1,3})");

    private StageNames() {}

    /// The stage of that name; empty if the network has none.
    static OptionalInt find(RepVggSpec spec, String name) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches() || Integer.parseInt(matcher.group(1)) >= spec.stages()) {
            return OptionalInt.empty();
        }
        return OptionalInt.of(Integer.parseInt(matcher.group(1)));
    }

    /// Likewise.
    ///
    /// @throws UserError if the network has none
    static int parse(RepVggSpec spec, String name) {
        return find(spec, name)
                .orElseThrow(
                        () ->
                                new UserError(
                                        "--features wants stage0 to stage%s, not '%s'",
                                        spec.stages() - 1, name));
    }
}
