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
    @Override
    int run(Console console) {
        String script = AutoComplete.bash("repvgg", spec.root().commandLine()).stripTrailing();
        if (json) {
            console.result(Json.object().put("script", script).build());
        } else {
            console.result(script);
        }
        return ExitCode.DONE;
    }
}
