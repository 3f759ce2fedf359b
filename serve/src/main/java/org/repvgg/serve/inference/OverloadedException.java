package org.repvgg.serve.inference;

/// A queue is full, or its network is being taken away.
public final class OverloadedException extends Exception {
    private final boolean unloading;
    private final int retryAfterSeconds;

    private OverloadedException(String message, boolean unloading, int retryAfterSeconds) {
        super(message);
        this.unloading = unloading;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    static OverloadedException full(int waiting, int room, int retryAfterSeconds) {
        return new OverloadedException(
                "%s images wait, %s may".formatted(waiting, room), false, retryAfterSeconds);
    }

    static OverloadedException unloading() {
        return new OverloadedException("the network is being unloaded", true, 1);
    }

    /// Whether the network is going, perhaps for a newer one of the same name.
    public boolean isUnloading() {
        return unloading;
    }

    /// When it is worth trying again, estimated from what waits; at least 1.
    public int retryAfterSeconds() {
        return retryAfterSeconds;
    }
}
