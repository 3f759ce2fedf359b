package org.repvgg.spark;

import java.time.Duration;
import java.util.function.Consumer;
import org.apache.spark.SparkContext;
import org.repvgg.train.TrainException;
import org.repvgg.train.cluster.RankJob;

/// Room for all ranks at once. Spark itself would look every 15 seconds, for ten minutes, and then
/// say a page.
///
/// @param context whose executors come, and may go
record RankRoom(SparkContext context, RankJob job) {
    private static final Duration POLL = Duration.ofMillis(100);

    /// Waits for it as long as for a rank.
    ///
    /// @param lost whether there was room before
    /// @throws IllegalArgumentException if there is too little, with both numbers
    /// @throws TrainException the same where there was room before
    void await(boolean lost, Consumer<String> lines) {
        long end = System.nanoTime() + job.timeout().toNanos();
        boolean said = false;
        while (tasks() < job.ranks()) {
            if (context.isLocal() || System.nanoTime() > end) {
                throw tooSmall(lost);
            }
            if (!said) {
                lines.accept(
                        "waiting for room for %s ranks, there is room for %s"
                                .formatted(job.ranks(), tasks()));
                said = true;
            }
            pause();
        }
    }

    /// How many tasks the cluster can run at once, whatever it runs now.
    private int tasks() {
        return context.maxNumConcurrentTasks(
                context.resourceProfileManager().defaultResourceProfile());
    }

    private RuntimeException tooSmall(boolean lost) {
        String message =
                "--ranks is %s, %s has room for %s, with %s processors each (spark.task.cpus)"
                        .formatted(
                                job.ranks(),
                                context.master(),
                                tasks(),
                                context.conf().get("spark.task.cpus", "1"));
        return lost
                ? new TrainException(message + ": an executor was lost and none has come instead")
                : new IllegalArgumentException(message + ": give fewer ranks, or more processors");
    }

    private static void pause() {
        try {
            Thread.sleep(POLL);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TrainException("interrupted while waiting for room on the cluster", e);
        }
    }
}
