package org.repvgg.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// One verb of the command: parses, calls the library, prints.
@Command(
        synopsisHeading = "%nUsage: ",
        abbreviateSynopsis = true,
        sortOptions = false,
        usageHelpWidth = 100,
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n")
abstract class Verb implements Callable<Integer> {
    /// Every verb has these options; its own come first in the help.
    private static final int LAST = 1000;

    @Spec CommandSpec spec = CommandSpec.create(); // replaced by the parser

    @Option(
            names = "--json",
            order = LAST,
            description = "Print the result as one JSON object; nothing else goes to stdout.")
    boolean json;

    @Option(names = "--debug", order = LAST, description = "Show stack traces.")
    boolean debug;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            order = LAST,
            description = "Show this help.")
    boolean help;

    /// Does the work and prints the result.
    ///
    /// @return the exit status
    abstract int run(Console console) throws IOException;

    @Override
    public final Integer call() throws IOException {
        try {
            return run(
                    new Console(
                            spec.commandLine().getOut(),
                            spec.commandLine().getErr(),
                            Main.of(spec.root()).isTerminal()));
        } catch (OutOfMemoryError e) {
            throw new WorkFailed(
                    e,
                    "out of memory with a heap of %s: work on less at a time, or give more with"
                            + " REPVGG_OPTS=-Xmx8g",
                    Numbers.megabytes(Runtime.getRuntime().maxMemory()));
        }
    }

    /// What the user typed, for reports.
    final String command() {
        return "repvgg "
                + spec.commandLine().getParseResult().originalArgs().stream()
                        .map(word -> word.contains(" ") ? "'" + word + "'" : word)
                        .collect(Collectors.joining(" "));
    }
}
