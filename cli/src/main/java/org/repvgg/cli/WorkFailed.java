package org.repvgg.cli;

/// The work ran and failed, by no fault of the input. Ends the command with status 1.
final class WorkFailed extends RuntimeException {
    WorkFailed(Throwable cause, String format, Object... values) {
        super(String.format(format, values), cause);
    }
}
