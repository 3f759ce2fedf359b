package org.repvgg.serve;

import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// A request that is answered by an error.
final class HttpFailure extends RuntimeException {
    private final int status;
    private final OptionalInt retryAfterSeconds;

    /// @param message one line for the caller
    HttpFailure(int status, @Nullable String message) {
        this(status, message, OptionalInt.empty());
    }

    private HttpFailure(int status, @Nullable String message, OptionalInt retryAfterSeconds) {
        super(message, null, false, false); // an answer, not a fault: no trace
        this.status = status;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    /// 503: the caller may come again.
    static HttpFailure unavailable(@Nullable String message, int retryAfterSeconds) {
        return new HttpFailure(503, message, OptionalInt.of(retryAfterSeconds));
    }

    int status() {
        return status;
    }

    OptionalInt retryAfterSeconds() {
        return retryAfterSeconds;
    }
}
