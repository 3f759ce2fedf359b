package org.repvgg.serve;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.repvgg.serve.inference.ServedModel;
import org.repvgg.serve.inference.ServingListener;

/// What Prometheus scrapes: requests, passes and queues, networks that came and went, the JVM.
///
/// | name | is | labels |
/// |---|---|---|
/// | `repvgg_request_seconds` | histogram of whole requests | `route`, `model` (empty for none), `status` |
/// | `repvgg_pass_seconds` | histogram of passes of a network | `model`, `version` |
/// | `repvgg_batch_images` | histogram of images a pass | `model`, `version` |
/// | `repvgg_queue_images` | images that wait now | `model`, `version` |
/// | `repvgg_model_load_seconds` | when and how long networks were loaded | `model`, `version` |
/// | `repvgg_model_load_failures_total` | files that could not be loaded | `model`, `version` |
public final class ServingMetrics implements ServingListener, AutoCloseable {
    private static final Duration[] SECONDS = {
        Duration.ofMillis(1),
        Duration.ofNanos(2_500_000),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10)
    };
    private static final double[] IMAGES = {1, 2, 4, 8, 16, 32, 64, 128, 256};

    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Map<Tags, ServedModel> queues = new ConcurrentHashMap<>();
    private final JvmGcMetrics collections = new JvmGcMetrics();

    public ServingMetrics() {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        collections.bindTo(registry);
    }

    /// A request is answered.
    ///
    /// @param route its pattern, not its path: paths are without number
    /// @param model the network that it was for; empty for none
    void requestDone(String route, String model, int status, long nanos) {
        Timer.builder("repvgg.request")
                .description("Whole requests, from their first byte read to their last one written")
                .tags("route", route, "model", model, "status", Integer.toString(status))
                .serviceLevelObjectives(SECONDS)
                .register(registry)
                .record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void batchDone(ServedModel model, int images, long nanos) {
        Timer.builder("repvgg.pass")
                .description("Passes of a network over a batch")
                .tags(tags(model))
                .serviceLevelObjectives(SECONDS)
                .register(registry)
                .record(nanos, TimeUnit.NANOSECONDS);
        DistributionSummary.builder("repvgg.batch")
                .description("Images of a pass")
                .baseUnit("images")
                .tags(tags(model))
                .serviceLevelObjectives(IMAGES)
                .register(registry)
                .record(images);
    }

    @Override
    public void loaded(ServedModel model, Duration took) {
        Timer.builder("repvgg.model.load")
                .description("Loading and warming up a network")
                .tags(tags(model))
                .register(registry)
                .record(took);
        Tags tags = tags(model);
        if (queues.put(tags, model) == null) {
            Gauge.builder("repvgg.queue", queues, all -> waiting(all.get(tags)))
                    .description("Images that wait for their pass")
                    .baseUnit("images")
                    .tags(tags)
                    .register(registry);
        }
    }

    @Override
    public void unloaded(ServedModel model) {
        Tags tags = tags(model);
        Gauge queue = registry.find("repvgg.queue").tags(tags).gauge();
        if (queues.remove(tags, model) && queue != null) { // nothing has taken its place
            registry.remove(queue);
        }
    }

    private static int waiting(@Nullable ServedModel model) {
        return model == null ? 0 : model.waitingImages();
    }

    @Override
    public void failed(String name, String version, String reason) {
        Counter.builder("repvgg.model.load.failures")
                .description("Files of networks that could not be loaded")
                .tags("model", name, "version", version)
                .register(registry)
                .increment();
    }

    private static Tags tags(ServedModel model) {
        return Tags.of("model", model.name(), "version", model.version());
    }

    /// In Prometheus' text format.
    String scrape() {
        return registry.scrape();
    }

    @Override
    public void close() {
        collections.close();
        registry.close();
    }
}
