package org.repvgg.spark;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.spark.util.LongAccumulator;
import org.repvgg.evaluate.Progress;

/// Tells every second how far a run has come, as far as executors have said.
final class Watch implements AutoCloseable {
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("progress").factory());

    /// @param total images to score; 0 where it is not known
    Watch(LongAccumulator counter, long total, Progress progress) {
        clock.scheduleWithFixedDelay(
                () -> {
                    long done = counter.value();
                    progress.at(total == 0 ? done : Math.min(done, total), total);
                },
                1,
                1,
                TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
