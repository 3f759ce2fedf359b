package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

final class TestProgressLine {
    private final StringWriter err = new StringWriter();

    @Test
    void testATerminalSeesOneLineThatIsWrittenOver() throws InterruptedException {
        try (ProgressLine line = console(true).progress("evaluating", "images")) {
            line.at(100, 1000);
            Thread.sleep(150); // longer than the time between two drawings
            line.at(500, 1000);
        }

        assertThat(err.toString())
                .startsWith("\r\033[Kevaluating  ############------------  500 / 1,000 images, ")
                .contains("/s, ")
                .endsWith(" left\r\033[K")
                .doesNotContain("\n");
    }

    @Test
    void testTheRateCountsFromTheFirstReport() throws InterruptedException {
        try (ProgressLine line = console(true).progress("evaluating", "images")) {
            Thread.sleep(1000); // of other work
            line.at(1000, 100_000);
            Thread.sleep(150);
            line.at(1001, 100_000);
        }

        assertThat(err.toString())
                .containsPattern("images, [0-6]\\.\\d/s"); // one in 150 ms or more
    }

    @Test
    void testALogSeesNothingOfShortWork() {
        try (ProgressLine line = console(false).progress("evaluating", "images")) {
            line.at(500, 1000);
        }

        assertThat(err.toString()).isEmpty();
    }

    private Console console(boolean terminal) {
        return new Console(new PrintWriter(new StringWriter()), new PrintWriter(err), terminal);
    }
}
