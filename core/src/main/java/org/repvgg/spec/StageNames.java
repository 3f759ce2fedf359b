package org.repvgg.spec;

import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Stages as people name them: `stage3`, or `3`; `stem` for `stage0`.
public final class StageNames {
    private static final Pattern NAME = Pattern.compile("(?:stage)?(\\d{1,3})");

    private StageNames() {}

    /// The stage of that name; empty if the network has none.
    public static OptionalInt find(RepVggSpec spec, String name) {
        if (name.equals("stem")) {
            return OptionalInt.of(0);
        }
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches() || Integer.parseInt(matcher.group(1)) >= spec.stages()) {
            return OptionalInt.empty();
        }
        return OptionalInt.of(Integer.parseInt(matcher.group(1)));
    }
}
