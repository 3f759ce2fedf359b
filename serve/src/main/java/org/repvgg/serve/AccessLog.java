package org.repvgg.serve;

import java.time.Instant;
import java.util.function.Consumer;
import org.repvgg.format.Json;

/// One JSON object a request, on one line: `time`, `remote`, `method`, `path`, `status`, `bytes`,
/// `seconds`.
final class AccessLog {
    private final Consumer<String> lines;

    /// @param lines takes each line; called by many threads
    AccessLog(Consumer<String> lines) {
        this.lines = lines;
    }

    void done(String remote, String method, String path, int status, long bytes, double seconds) {
        lines.accept(
                Json.object()
                        .put("time", Instant.now().toString())
                        .put("remote", remote)
                        .put("method", method)
                        .put("path", path)
                        .put("status", status)
                        .put("bytes", bytes)
                        .put("seconds", Math.round(seconds * 1e6) / 1e6)
                        .build()
                        .compact());
    }
}
