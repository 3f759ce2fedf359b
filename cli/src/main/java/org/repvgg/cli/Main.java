package org.repvgg.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The `repvgg` command; its verbs are subcommands.
@Command(
        name = "repvgg",
        mixinStandardHelpOptions = true,
        description = "Trains, folds and runs RepVGG networks.")
public final class Main implements Callable<Integer> {
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Main()).execute(arguments));
    }

    @Override
    public Integer call() {
        CommandLine.usage(this, System.out);
        return 0;
    }
}
