package org.repvgg.cli;

import org.repvgg.format.Json;
import picocli.AutoComplete;
import picocli.CommandLine.Command;

@Command(
        name = "completion",
        header = "Prints a script for the Tab key, for bash and zsh.",
        description = "The shell that sources it completes verbs, flags and file names.",
        footer = {
            "  source <(repvgg completion)                                   now, in this shell",
            "  repvgg completion > ~/.local/share/bash-completion/completions/repvgg     for good, in bash",
            "  echo 'source <(repvgg completion)' >> ~/.zshrc                for good, in zsh, after compinit"
        })
final class CompletionVerb extends Verb {
    /// picocli's way to offer nothing where it knows no word; what bash offers there are files, and
    /// SRC and M may be some.
    private static final String WITHOUT_FILES =
            "\n  type compopt &>/dev/null && compopt +o default\n";

    @Override
    int run(Console console) {
        String script =
                AutoComplete.bash("repvgg", spec.root().commandLine())
                        .replace(WITHOUT_FILES, "")
                        .stripTrailing();
        if (json) {
            console.result(Json.object().put("script", script).build());
        } else {
            console.result(script);
        }
        return ExitCode.DONE;
    }
}
