package org.repvgg.train;

/// Another process of the training is gone or silent; the message names it: `rank 1 (10.0.0.2,
/// process 4711) is gone: connection closed`.
public final class LostRankException extends RuntimeException {
    public LostRankException(String message, Throwable cause) {
        super(message, cause);
    }
}
