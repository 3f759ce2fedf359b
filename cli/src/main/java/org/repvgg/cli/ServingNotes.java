package org.repvgg.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.repvgg.serve.ServingMetrics;
import org.repvgg.serve.inference.ServedModel;
import org.repvgg.serve.inference.ServingListener;

/// Says on standard error what happens to networks, and counts it. What cannot be loaded at the
/// start is kept for whoever decides whether that is the end.
final class ServingNotes implements ServingListener {
    private final Console console;
    private final ServingMetrics metrics;
    private final List<String> early = new ArrayList<>();
    private boolean started;

    ServingNotes(Console console, ServingMetrics metrics) {
        this.console = console;
        this.metrics = metrics;
    }

    /// From here on failures are said as they come.
    ///
    /// @return those that have not been
    synchronized List<String> begin() {
        started = true;
        return List.copyOf(early);
    }

    @Override
    public void batchDone(ServedModel model, int images, long nanos) {
        metrics.batchDone(model, images, nanos);
    }

    @Override
    public void loaded(ServedModel model, Duration took) {
        metrics.loaded(model, took);
        console.note(
                "%s, version %s: loaded in %.1f s",
                model.name(), model.version(), took.toMillis() / 1000.0);
    }

    @Override
    public void unloaded(ServedModel model) {
        metrics.unloaded(model);
        console.note("%s, version %s: unloaded", model.name(), model.version());
    }

    @Override
    public synchronized void failed(String name, String version, String reason) {
        metrics.failed(name, version, reason);
        if (started) {
            console.note("%s", reason);
        } else {
            early.add(reason);
        }
    }
}
