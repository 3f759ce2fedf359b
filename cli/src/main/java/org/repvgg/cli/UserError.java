package org.repvgg.cli;

/// What the user gave is wrong: one line that says what, where, both values and what to do. Ends
/// the command with status 2.
final class UserError extends RuntimeException {
    UserError(String format, Object... values) {
        super(String.format(format, values));
    }
}
