package org.repvgg.serve.inference;

/// A queue is full, or its network is being taken away: come again later.
public final class OverloadedException extends Exception {
    private final int retryAfterSeconds;

    OverloadedException(String message, int retryAfterSeconds) {
        super(message);
        this.retryAfterSeconds = retryAfterSeconds;
    }

    /// When it is worth trying again, estimated from what waits; at least 1.
    public int retryAfterSeconds() {
        return retryAfterSeconds;
    }
}
