package org.repvgg.serve.inference;

import static org.repvgg.tensor.Checks.checkArgument;

import java.time.Duration;

/// How requests for one network queue up and become batches.
///
/// @param batch images a pass takes at most
/// @param delay how long, under load, a batch waits for more images than are there, at most; never
///   longer than an image takes to be computed
/// @param queue images that may wait; what would exceed it is refused
/// @param timeout how long a request may take, waiting included
public record BatchOptions(int batch, Duration delay, int queue, Duration timeout) {
    public BatchOptions {
        checkArgument(batch >= 1, "a batch has at least one image, not %s", batch);
        checkArgument(!delay.isNegative(), "a batch cannot wait %s", delay);
        checkArgument(queue >= 1, "a queue has room for at least one image, not %s", queue);
        checkArgument(timeout.isPositive(), "a request needs some time, not %s", timeout);
    }

    /// Batches of 16 images, 2 ms, eight batches in the queue, ten seconds.
    public static BatchOptions defaults() {
        return new BatchOptions(16, Duration.ofMillis(2), 128, Duration.ofSeconds(10));
    }
}
