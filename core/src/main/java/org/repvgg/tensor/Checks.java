package org.repvgg.tensor;

/// Argument checks whose messages carry the offending values.
public final class Checks {
    private Checks() {}

    /// Refuses a caller's mistake.
    ///
    /// @param format a [String#format] pattern; evaluated only when the check fails
    /// @throws IllegalArgumentException with the formatted message when `condition` is false
    public static void checkArgument(boolean condition, String format, Object... values) {
        if (!condition) {
            throw new IllegalArgumentException(String.format(format, values));
        }
    }
}
