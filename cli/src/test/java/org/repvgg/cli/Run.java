package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.repvgg.format.Json;
import picocli.CommandLine.Help.Ansi;

/// One run of the command inside the test's own process, with what it said.
///
/// @param status exit status
/// @param out standard output
/// @param err standard error
record Run(int status, String out, String err) {

    static Run repvgg(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status =
                Main.commandLine(false, new PrintWriter(out), new PrintWriter(err), Ansi.OFF)
                        .execute(arguments);
        return new Run(status, out.toString(), err.toString());
    }

    /// The result of a run that must have worked.
    Json.Object json() {
        assertThat(status).as(err).isEqualTo(ExitCode.DONE);
        return Json.parse(out).asObject();
    }

    /// The one line that a refusal is.
    String refusal(int expectedStatus) {
        assertThat(err.lines()).as("lines on standard error").hasSize(1);
        assertThat(out).as("standard output of a refusal").isEmpty();
        assertThat(status).as(err).isEqualTo(expectedStatus);
        return err.strip();
    }
}
