package org.repvgg.train;

/// A training that cannot go on; the message is one line for its user. Checkpoints already written are intact.
public final class TrainException extends RuntimeException {
    public TrainException(String message) {
        super(message);
    }

    public TrainException(String message, Throwable cause) {
        super(message, cause);
    }
}
