package org.repvgg.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.serve.inference.BatchOptions;
import org.repvgg.serve.inference.ServedModel;

final class TestServingMetrics {
    private static final String LABELS = "{model=\"pets\",version=\"1\"}";
    private static final String QUEUE = "repvgg_queue_images" + LABELS;

    private final ServingMetrics metrics = new ServingMetrics();

    @AfterEach
    void end() {
        metrics.close();
    }

    private ServedModel load(long seed) {
        return ServedModel.load(
                "pets",
                "1",
                TinyNetworks.plain(seed),
                new RuntimeOptions(1),
                BatchOptions.defaults(),
                metrics);
    }

    @Test
    void countsWhatCannotBeLoaded() {
        metrics.failed("pets", "1", "rubbish");
        metrics.failed("pets", "1", "rubbish again");
        assertThat(metrics.scrape()).contains("repvgg_model_load_failures_total" + LABELS + " 2");
    }

    @Test
    void aQueueIsThereAsLongAsItsNetwork() {
        try (ServedModel first = load(1);
                ServedModel second = load(2)) {
            metrics.loaded(first, Duration.ofMillis(500));
            metrics.loaded(second, Duration.ofMillis(250));
            assertThat(metrics.scrape())
                    .contains("repvgg_model_load_seconds_count" + LABELS + " 2")
                    .contains("repvgg_model_load_seconds_sum" + LABELS + " 0.75");
            metrics.unloaded(first); // whose place the second has taken
            assertThat(metrics.scrape()).contains(QUEUE);
            metrics.unloaded(second);
            assertThat(metrics.scrape()).doesNotContain(QUEUE);
        }
    }
}
