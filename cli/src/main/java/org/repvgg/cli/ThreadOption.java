package org.repvgg.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/// `--threads`, for every verb that does work.
final class ThreadOption {
    private static final int MOST = 1024;

    @Spec(Target.MIXEE)
    CommandSpec mixee = CommandSpec.create(); // replaced by the parser

    private @Nullable Integer threads;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Use this many threads; all processors unless given.")
    void setThreads(int value) {
        if (value < 1 || value > MOST) {
            throw new ParameterException(
                    mixee.commandLine(),
                    "--threads must be from 1 to %d, not %d".formatted(MOST, value));
        }
        threads = value;
    }

    int threads() {
        return threads(Runtime.getRuntime().availableProcessors());
    }

    /// @param usual what there is where none are asked for
    int threads(int usual) {
        return threads == null ? usual : threads;
    }
}
