package org.repvgg.cli;

import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.repvgg.spec.RepVggSpec;

/// Stages as people name them: `stage3`, or `3`; `stem` for `stage0`.
final class StageNames {
    private static final Pattern NAME = Pattern.compile("(?:stage)?(\\d{1,3})");

    private StageNames() {}

    /// The stage of that name; empty if the network has none.
    static OptionalInt find(RepVggSpec spec, String name) {
        if (name.equals("stem")) {
            return OptionalInt.of(0);
        }
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches() || Integer.parseInt(matcher.group(1)) >= spec.stages()) {
            return OptionalInt.empty();
        }
        return OptionalInt.of(Integer.parseInt(matcher.group(1)));
    }

    /// Likewise.
    ///
    /// @param option that asks
    /// @throws UserError if the network has none
    static int parse(String option, RepVggSpec spec, String name) {
        return find(spec, name)
                .orElseThrow(
                        () ->
                                new UserError(
                                        "%s wants stage0 to stage%s, not '%s'",
                                        option, spec.stages() - 1, name));
    }
}
