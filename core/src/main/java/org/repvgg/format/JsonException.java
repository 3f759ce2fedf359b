package org.repvgg.format;

/// JSON text that is malformed, or that does not say what was asked of it.
public final class JsonException extends IllegalArgumentException {
    /// @param message what is wrong and where, on one line; control characters become `?`
    public JsonException(String message) {
        super(CheckpointException.oneLine(message));
    }
}
