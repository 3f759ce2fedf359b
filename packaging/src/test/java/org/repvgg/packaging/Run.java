package org.repvgg.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// One run of a program that finds neither Java nor anything else on its path.
///
/// @param status exit status
/// @param out standard output
/// @param err standard error
record Run(int status, String out, String err) {
    private static final long LONGEST_SECONDS = 60;

    /// @param options more options for the Java in the bundle, or none
    static Run of(String options, Path program, String... arguments)
            throws IOException, InterruptedException {
        Path out = Files.createTempFile("repvgg", ".out");
        Path err = Files.createTempFile("repvgg", ".err");
        try {
            List<String> command = new ArrayList<>(List.of(program.toString()));
            command.addAll(List.of(arguments));
            ProcessBuilder builder = bare(command);
            if (!options.isEmpty()) {
                builder.environment().put("REPVGG_OPTS", options);
            }
            Process process =
                    builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
            try {
                assertThat(process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)).isTrue();
            } finally {
                process.destroyForcibly();
            }
            return new Run(process.exitValue(), Files.readString(out), Files.readString(err));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    /// A process whose environment says nothing but that nothing is on the path.
    static ProcessBuilder bare(List<String> command) {
        var builder = new ProcessBuilder(command);
        builder.environment().clear();
        builder.environment().put("PATH", "/absent");
        return builder;
    }
}
