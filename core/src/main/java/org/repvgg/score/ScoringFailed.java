package org.repvgg.score;

/// The cluster could not do a job, by no fault of the input. What is done is kept.
public final class ScoringFailed extends RuntimeException {
    public ScoringFailed(String message, Throwable cause) {
        super(message, cause);
    }
}
