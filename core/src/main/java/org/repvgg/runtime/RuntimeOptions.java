package org.repvgg.runtime;

import static org.repvgg.tensor.Checks.checkArgument;

/// How a runtime works, whatever the model.
///
/// @param threads threads that share a pass, the caller's included; 1 to 1024
public record RuntimeOptions(int threads) {
    private static final int MAX_THREADS = 1024;

    public RuntimeOptions {
        checkArgument(
                threads >= 1 && threads <= MAX_THREADS,
                "threads must be from 1 to %s, not %s",
                MAX_THREADS,
                threads);
    }

    /// One thread for each processor.
    public static RuntimeOptions defaults() {
        return new RuntimeOptions(
                Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors()));
    }
}
