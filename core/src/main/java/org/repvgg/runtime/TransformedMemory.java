package org.repvgg.runtime;

/// Bytes that a program's transformed weights may take: they are up to four times as large as the
/// weights themselves, and a network that runs slower is better than one that runs out of memory.
///
/// Used by one thread at a time.
final class TransformedMemory {
    private long left;

    TransformedMemory(long bytes) {
        left = bytes;
    }

    /// For networks that are a witness: every convolution is direct.
    static TransformedMemory none() {
        return new TransformedMemory(0);
    }

    /// A third of the heap: the weights as they were read and feature maps need the rest.
    static TransformedMemory ofHeap() {
        return new TransformedMemory(Runtime.getRuntime().maxMemory() / 3);
    }

    /// Takes so many bytes, if they are left.
    boolean take(double bytes) {
        if (bytes > left) {
            return false;
        }
        left -= (long) bytes;
        return true;
    }
}
