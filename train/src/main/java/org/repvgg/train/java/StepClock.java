package org.repvgg.train.java;

import java.util.List;
import org.repvgg.runtime.WorkerPool;

/// Adds up where the time of one step goes; an engine without a clock measures nothing.
///
/// What threads share is timed piece by piece and counts as the mean of the threads; what a phase
/// takes beyond that is [Work#WAITING]. What one thread does alone counts as it is. So all kinds of
/// work together are the step.
final class StepClock {
    /// Longs from one thread's times to the next: they share no line of the cache.
    private static final int GAP = 32;

    private static final Work[] ALL = Work.values();

    private final int threads;

    /// Nanoseconds of the phase at work, `[thread][work]`.
    private final long[] busy;

    private final long[] nanos = new long[ALL.length];
    private final long[] multiplyAdds = new long[ALL.length];
    private long mark;

    StepClock(int threads) {
        this.threads = threads;
        this.busy = new long[threads * GAP];
    }

    /// A step begins.
    void begin() {
        for (int i = 0; i < ALL.length; i++) {
            nanos[i] = 0;
            multiplyAdds[i] = 0;
        }
        mark = System.nanoTime();
    }

    /// All since the last mark was `work` of the calling thread; marks.
    void lap(Work work) {
        long now = System.nanoTime();
        nanos[work.ordinal()] += now - mark;
        mark = now;
    }

    /// Runs a phase and marks. What a block did since the last one was about its norms.
    void run(WorkerPool pool, List<Phase.Part> parts, int images) {
        lap(Work.STATISTICS);
        pool.run(parts.size(), (i, thread) -> time(parts.get(i), images, thread));
        collect(System.nanoTime() - mark);
        for (Phase.Part part : parts) {
            multiplyAdds[part.work().ordinal()] += part.multiplyAdds();
        }
        mark = System.nanoTime();
    }

    private void time(Phase.Part part, int images, int thread) {
        long start = System.nanoTime();
        part.piece().run(images);
        busy[thread * GAP + part.work().ordinal()] += System.nanoTime() - start;
    }

    private void collect(long whole) {
        long rest = whole;
        for (int work = 0; work < ALL.length; work++) {
            long sum = 0;
            for (int thread = 0; thread < threads; thread++) {
                sum += busy[thread * GAP + work];
                busy[thread * GAP + work] = 0;
            }
            nanos[work] += sum / threads;
            rest -= sum / threads;
        }
        nanos[Work.WAITING.ordinal()] += rest;
    }

    /// Nanoseconds of the last step.
    long nanos(Work work) {
        return nanos[work.ordinal()];
    }

    /// Executed in the last step, what pads channels to whole vectors included.
    long multiplyAdds(Work work) {
        return multiplyAdds[work.ordinal()];
    }
}
