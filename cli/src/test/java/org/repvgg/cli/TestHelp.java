package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Help.Ansi;

final class TestHelp {

    @TempDir Path folder;

    static Stream<String> verbs() {
        return Main.commandLine(
                false,
                new PrintWriter(Writer.nullWriter()),
                new PrintWriter(Writer.nullWriter()),
                Ansi.OFF)
                .getSubcommands()
                .keySet()
                .stream();
    }

    @ParameterizedTest
    @MethodSource("verbs")
    void testHelpOfEveryVerb(String verb) {
        Run run = Run.repvgg(verb, "--help");

        assertThat(run.status()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("Examples:");
        Golden.check("help-" + verb, run.out());
    }

    @Test
    void testOverview() {
        Run run = Run.repvgg();

        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("repvgg quickstart").isEqualTo(Run.repvgg("--help").out());
        Golden.check("overview", run.out());
    }

    @Test
    void testVersion() {
        Run run = Run.repvgg("--version");

        assertThat(run.status()).isZero();
        assertThat(run.out()).matches("repvgg \\d\\S*, Java \\S+\\R");
    }

    @Test
    void testCompletionIsAScriptThatKnowsTheVerbs() {
        Run run = Run.repvgg("completion");

        assertThat(run.status()).isZero();
        assertThat(run.out())
                .startsWith("#!")
                .contains("--classes", "libtorch")
                .contains("complete -F _complete_repvgg -o default repvgg") // or else files
                .doesNotContain("compopt +o default");
        assertThat(verbs())
                .allSatisfy(
                        verb ->
                                assertThat(run.out())
                                        .contains(
                                                "_picocli_repvgg_" + verb.replace("-", "") + "()"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "insp | inspect",
                "spark-score --inp | --input",
                "train --model B1 | B1 B1g2 B1g4",
                "evaluate x --model D | D2se",
                "train --recipe ta | taught",
                "train --engine j | java",
            })
    void testBashCompletes(String line, String words) throws Exception {
        Path script = Files.writeString(folder.resolve("c"), Run.repvgg("completion").out());
        String typed = "COMP_WORDS=(repvgg " + line + ") COMP_CWORD=" + line.split(" ").length;
        Process bash =
                new ProcessBuilder(
                                "bash",
                                "-c",
                                // outside of a completion there are no options to set
                                "compopt() { :; }; source '%s'; %s; _complete_repvgg; echo ${COMPREPLY[*]}"
                                        .formatted(script, typed))
                        .redirectErrorStream(true)
                        .start();
        String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(bash.waitFor()).as(said).isZero();
        assertThat(said.strip()).isEqualTo(words);
    }

    @Test
    void testBashAcceptsTheCompletion() throws Exception {
        Path script = Files.writeString(folder.resolve("c"), Run.repvgg("completion").out());
        Process bash =
                new ProcessBuilder("bash", "-c", "source '" + script + "' && complete -p repvgg")
                        .redirectErrorStream(true)
                        .start();
        String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(bash.waitFor()).as(said).isZero();
        assertThat(said).contains("complete", "repvgg");
    }
}
