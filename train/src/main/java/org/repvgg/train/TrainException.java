package org.repvgg.train;

/// A training that cannot go on; the message is one line for its user. Checkpoints already written
/// are intact.
public final class TrainException extends RuntimeException {
    private final boolean stopped;

    public TrainException(String message) {
        super(message);
        this.stopped = false;
    }

    public TrainException(String message, Throwable cause) {
        super(message, cause);
        this.stopped = false;
    }

    private TrainException(String message, boolean stopped) {
        super(message);
        this.stopped = stopped;
    }

    static TrainException stopped(String message) {
        return new TrainException(message, true);
    }

    /// Whether somebody asked it to stop, which is no failure; the listener was told the message
    /// already.
    public boolean wasStopped() {
        return stopped;
    }
}
