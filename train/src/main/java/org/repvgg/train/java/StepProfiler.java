package org.repvgg.train.java;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.repvgg.kernel.Kernels;
import org.repvgg.model.BranchedModel;
import org.repvgg.train.TrainingEngine.Batch;
import org.repvgg.train.TrainingEngine.StepSettings;

/// Tells where the time of the Java engine's steps goes, by kind of work, within whole steps.
public final class StepProfiler {
    private static final int FEWEST_STEPS = 5;

    private StepProfiler() {}

    /// One kind of work.
    ///
    /// @param what it is: `weight gradient`
    /// @param nanos a step, the median of all; the mean of the threads where they share it
    /// @param multiplyAdds executed a step, channels that pad included; 0 for what is no product.
    ///   The head's are not counted
    public record Row(String what, long nanos, long multiplyAdds) {
        /// Of all threads together; a multiply-add counts two.
        public double gigaflops() {
            return 2.0 * multiplyAdds / nanos;
        }
    }

    /// Profiles steps on one batch; nothing else should run meanwhile.
    ///
    /// @param model not changed
    /// @param warmUp how long steps run before the first that counts
    /// @param measure how long steps count, at least
    /// @return what took any time, in the order of a step
    /// @throws IllegalArgumentException if the engine cannot train the network
    public static List<Row> profile(
            BranchedModel model,
            int threads,
            Batch batch,
            StepSettings step,
            Duration warmUp,
            Duration measure) {
        StepClock clock = new StepClock(threads);
        try (JavaEngine engine = JavaEngine.start(model, threads, Kernels.fastest(), clock)) {
            List<long[]> _ = steps(engine, clock, batch, step, warmUp);
            return rows(steps(engine, clock, batch, step, measure), clock);
        }
    }

    /// Nanoseconds of each step, by kind of work.
    private static List<long[]> steps(
            JavaEngine engine, StepClock clock, Batch batch, StepSettings step, Duration time) {
        List<long[]> steps = new ArrayList<>();
        long end = System.nanoTime() + time.toNanos();
        do {
            double _ = engine.step(batch, step);
            steps.add(Arrays.stream(Work.values()).mapToLong(clock::nanos).toArray());
        } while (steps.size() < FEWEST_STEPS || System.nanoTime() < end);
        return steps;
    }

    private static List<Row> rows(List<long[]> steps, StepClock clock) {
        List<Row> rows = new ArrayList<>();
        for (Work work : Work.values()) {
            long[] sorted = steps.stream().mapToLong(one -> one[work.ordinal()]).sorted().toArray();
            long median = sorted[sorted.length / 2];
            if (median > 0) {
                rows.add(new Row(work.title(), median, clock.multiplyAdds(work)));
            }
        }
        return rows;
    }
}
