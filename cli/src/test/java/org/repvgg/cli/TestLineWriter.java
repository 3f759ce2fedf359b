package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TestLineWriter {
    @Test
    void testHandsOnWholeLinesAndTheRestInTheEnd() {
        List<String> lines = new ArrayList<>();
        try (var writer = new PrintWriter(new LineWriter(lines::add))) {
            writer.print("one, ");
            writer.flush();
            assertThat(lines).isEmpty();
            writer.print("still\r\ntwo\n\nthree");
            assertThat(lines).containsExactly("one, still", "two", "");
        }
        assertThat(lines).endsWith("three").hasSize(4);
    }
}
