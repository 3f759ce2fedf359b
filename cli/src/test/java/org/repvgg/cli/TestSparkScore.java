package org.repvgg.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// What the verb says where Spark is not; the module `spark` tests the work itself.
final class TestSparkScore {
    @Test
    void testWithoutSparkOneLineSaysHowToGetIt() {
        Run run = Run.repvgg("spark-score", "m.safetensors", "--input", "in", "--output", "out");

        assertThat(run.refusal(ExitCode.WRONG_INPUT))
                .startsWith("repvgg spark-score: Spark is not part of this program")
                .contains("./repvgg spark-score", "spark-submit", "docs/spark.md");
    }

    @Test
    void testWantsInputAndOutput() {
        assertThat(Run.repvgg("spark-score", "m").refusal(ExitCode.WRONG_INPUT))
                .contains("--input", "--output");
    }
}
