package org.repvgg.benchmark;

/// Who takes part in a benchmark, in a process of its own.
public sealed interface Competitor permits Engine, StepEngine {
    /// What people type and read.
    String title();

    /// What tells it to its process; no two have the same.
    String name();
}
