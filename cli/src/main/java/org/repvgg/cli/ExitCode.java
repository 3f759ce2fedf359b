package org.repvgg.cli;

/// What a command's status means.
final class ExitCode {
    static final int DONE = 0;

    /// The work ran and failed: a fold that does not verify, a full disk.
    static final int FAILED = 1;

    /// The user's input is wrong.
    static final int WRONG_INPUT = 2;

    private ExitCode() {}
}
