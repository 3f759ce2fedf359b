package org.repvgg.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/// The `repvgg` command; its verbs are subcommands.
@Command(
        name = "repvgg",
        sortOptions = false,
        usageHelpWidth = 100,
        versionProvider = VersionProvider.class,
        customSynopsis = "repvgg VERB [ARGUMENTS]",
        descriptionHeading = "%n",
        description = {
            "Trains image classifiers with RepVGG's branches, folds them exactly into a plain stack of"
                    + " 3x3 convolutions, and runs that.",
            "",
            "A first command to try; it needs no data and no network, and takes under three minutes:",
            "",
            "  repvgg quickstart"
        },
        commandListHeading = "%nVerbs:%n",
        optionListHeading = "%n",
        footer = {
            "",
            "'repvgg VERB --help' explains a verb, with examples. Exit status: 0 done, 1 the work ran and"
                    + " failed, 2 the input is wrong, 130 Ctrl-C."
        },
        subcommands = {
            QuickstartVerb.class,
            TrainVerb.class,
            AblateVerb.class,
            FoldVerb.class,
            ConvertVerb.class,
            VerifyVerb.class,
            EvaluateVerb.class,
            PredictVerb.class,
            RunVerb.class,
            ExportVerb.class,
            BenchmarkVerb.class,
            ServeVerb.class,
            SparkScoreVerb.class,
            SparkTrainVerb.class,
            InspectVerb.class,
            ModelsVerb.class,
            CompletionVerb.class
        })
public final class Main implements Runnable {
    private final boolean terminal;

    @Spec CommandSpec spec = CommandSpec.create(); // replaced by the parser

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Show the version.")
    boolean version;

    /// @param terminal whether a person watches on a terminal
    Main(boolean terminal) {
        this.terminal = terminal;
    }

    public static void main(String[] arguments) {
        boolean terminal = errorsGoToTerminal();
        var stdout = new StandardOutput(new FileOutputStream(FileDescriptor.out));
        var out = new PrintWriter(stdout, false, System.out.charset());
        var err = new PrintWriter(System.err, true, System.err.charset());
        int status =
                commandLine(terminal, out, err, terminal ? Ansi.AUTO : Ansi.OFF).execute(arguments);
        out.flush();
        int end = status == ExitCode.DONE && stdout.failed(err) ? ExitCode.FAILED : status;
        // YARN takes a program that exits for one that has failed, so that of spark-submit returns.
        if (end != ExitCode.DONE || System.getProperty("spark.master") == null) {
            System.exit(end);
        }
    }

    /// Java cannot tell where standard error goes, but the launcher can.
    private static boolean errorsGoToTerminal() {
        String told = System.getProperty("repvgg.terminal");
        return told == null
                ? System.console() != null && System.console().isTerminal()
                : Boolean.parseBoolean(told);
    }

    /// The whole command, ready to execute.
    static CommandLine commandLine(boolean terminal, PrintWriter out, PrintWriter err, Ansi ansi) {
        return new CommandLine(new Main(terminal))
                .setOut(out)
                .setErr(err)
                .setColorScheme(CommandLine.Help.defaultColorScheme(ansi))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(
                        (e, _) -> report(e.getCommandLine(), ErrorLine.of(e), null))
                .setExecutionExceptionHandler(Main::failed);
    }

    static Main of(CommandSpec root) {
        return (Main) root.userObject();
    }

    boolean isTerminal() {
        return terminal;
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    private static int failed(Exception e, CommandLine command, ParseResult result) {
        boolean debug = command.getCommandSpec().userObject() instanceof Verb verb && verb.debug;
        return report(command, ErrorLine.of(e), debug ? e : null);
    }

    private static int report(CommandLine command, ErrorLine line, @Nullable Exception trace) {
        PrintWriter err = command.getErr();
        err.println(command.getCommandSpec().qualifiedName() + ": " + line.text());
        if (trace != null) {
            trace.printStackTrace(err);
        }
        err.flush();
        return line.status();
    }
}
