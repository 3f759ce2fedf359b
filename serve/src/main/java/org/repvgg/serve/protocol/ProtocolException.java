package org.repvgg.serve.protocol;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.Set;

/// A request that cannot be answered, with the HTTP status that says whose fault it is.
public final class ProtocolException extends Exception {
    static final int MAX_MESSAGE = 300;
    static final int MAX_QUOTE = 60;

    private static final int BAD_REQUEST = 400;
    private static final int CONTENT_TOO_LARGE = 413;
    private static final int INTERNAL_SERVER_ERROR = 500;

    private final int status;

    /// @param status 400, 413 or 500
    /// @param message what is wrong and where; cut to 300 characters, control characters and halves
    ///   of surrogate pairs become `?`
    public ProtocolException(int status, String message) {
        super(cut(message, MAX_MESSAGE).replaceAll("[\\p{Cc}\\p{Cs}\\u2028\\u2029]", "?"));
        checkArgument(
                Set.of(BAD_REQUEST, CONTENT_TOO_LARGE, INTERNAL_SERVER_ERROR).contains(status),
                "status must be 400, 413 or 500: %s",
                status);
        this.status = status;
    }

    /// The caller's fault.
    static ProtocolException wrong(String format, Object... values) {
        return new ProtocolException(BAD_REQUEST, format.formatted(values));
    }

    /// More than [Limits] allow.
    static ProtocolException tooLarge(String format, Object... values) {
        return new ProtocolException(CONTENT_TOO_LARGE, format.formatted(values));
    }

    /// The network's fault.
    static ProtocolException broken(String format, Object... values) {
        return new ProtocolException(INTERNAL_SERVER_ERROR, format.formatted(values));
    }

    /// A stranger's text as part of a message: the message goes on after it.
    static String quote(String text) {
        return "'" + cut(text, MAX_QUOTE) + "'";
    }

    /// The HTTP status of the answer.
    public int status() {
        return status;
    }

    static String cut(String text, int length) {
        return text.length() <= length ? text : text.substring(0, length - 1) + "…";
    }
}
