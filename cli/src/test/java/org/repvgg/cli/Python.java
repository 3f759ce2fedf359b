package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/// A Python of this machine that has a module. Another Python may hide the system's.
///
/// @param command what starts it
record Python(String command) {
    private static final Path SCRIPT = Path.of("src/test/resources/org/repvgg/cli/peers.py");

    /// Skips the test where there is none.
    static Python with(String module) {
        Optional<String> command =
                Stream.of("python3", "/usr/bin/python3")
                        .filter(python -> run(List.of(python, "-c", "import " + module)).ok)
                        .findFirst();
        Assumptions.assumeTrue(
                command.isPresent(),
                () ->
                        "no python3 here has the module %1$s: Debian's package is python3-%1$s"
                                .formatted(module));
        return new Python(command.orElseThrow());
    }

    /// Runs `peers.py`, which must end well.
    void peers(String... arguments) {
        List<String> words = new ArrayList<>(List.of(command, SCRIPT.toString()));
        words.addAll(List.of(arguments));
        Ended ended = run(words);
        assertThat(ended.ok).as(ended.said).isTrue();
    }

    private record Ended(boolean ok, String said) {}

    private static Ended run(List<String> words) {
        try {
            Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
            byte[] said = process.getInputStream().readAllBytes();
            return new Ended(process.waitFor() == 0, new String(said, StandardCharsets.UTF_8));
        } catch (IOException e) {
            return new Ended(false, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Ended(false, e.toString());
        }
    }
}
