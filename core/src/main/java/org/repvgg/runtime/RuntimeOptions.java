package org.repvgg.runtime;

import static org.repvgg.tensor.Checks.checkArgument;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How a runtime works, whatever the model.
///
/// @param threads threads that share a pass, the caller's included; 1 to 1024
/// @param warmUp longest time that loading runs the network on noise of its own size, until Java
///   has compiled what one image needs; zero for none: then the first callers wait for that
/// @param plan what [Tuner] found for the network; without, algorithms are estimated
/// @param lean whether to save memory: weights are not kept in the kernels' order too, but packed
///   for every pass, and no convolution is transformed. Passes take longer; a few of them on a
///   large network are quicker, as packing is most of their work
/// @param oneEach whether no caller ever gets more than his own thread, not even one who comes
///   alone: for programs that share out the processors themselves; `threads` then is how many
///   callers work at the same time
public record RuntimeOptions(
        int threads, Duration warmUp, @Nullable TunedPlan plan, boolean lean, boolean oneEach) {
    private static final int MAX_THREADS = 1024;

    public RuntimeOptions {
        checkArgument(
                threads >= 1 && threads <= MAX_THREADS,
                "threads must be from 1 to %s, not %s",
                MAX_THREADS,
                threads);
        checkArgument(!warmUp.isNegative(), "a warm-up cannot take %s", warmUp);
    }

    /// So many threads, and no warm-up.
    public RuntimeOptions(int threads) {
        this(threads, Duration.ZERO, null, false, false);
    }

    /// One thread for each processor, and no warm-up.
    public static RuntimeOptions defaults() {
        return new RuntimeOptions(
                Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors()));
    }

    public RuntimeOptions withWarmUp(Duration longest) {
        return new RuntimeOptions(threads, longest, plan, lean, oneEach);
    }

    public RuntimeOptions withPlan(TunedPlan tuned) {
        return new RuntimeOptions(threads, warmUp, tuned, lean, oneEach);
    }

    /// The same in little memory, for a few passes.
    public RuntimeOptions leanly() {
        return new RuntimeOptions(threads, warmUp, plan, true, oneEach);
    }

    /// The same with a thread for each caller, and no other threads.
    public RuntimeOptions oneThreadEach() {
        return new RuntimeOptions(threads, warmUp, plan, lean, true);
    }
}
