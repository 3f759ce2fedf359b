package org.repvgg.serve;

import static org.repvgg.tensor.Checks.checkArgument;

import java.time.Duration;
import java.util.Optional;

/// How a server listens and what it lets in.
///
/// @param host address to bind; `127.0.0.1` for this machine alone
/// @param port 0 for any that is free
/// @param token that callers have to bear; none lets everybody in
/// @param tls for HTTPS; none for HTTP
/// @param corsOrigin whose pages may call: `https://example.org` or `*`; none for no others
/// @param bodyLimit bytes of a request at most
/// @param bodyMemory bytes of all requests together at most
/// @param pixelLimit `width * height` of an image at most
/// @param bodyTimeout how long the headers of a request may take to arrive, and then its body
/// @param drain how long requests that are being answered may take when the server stops
public record ServeOptions(
        String host,
        int port,
        Optional<String> token,
        Optional<TlsFiles> tls,
        Optional<String> corsOrigin,
        long bodyLimit,
        long bodyMemory,
        long pixelLimit,
        Duration bodyTimeout,
        Duration drain) {
    /// Room for 16 images of 3x224x224 in JSON, about 20 bytes a number.
    public static final long DEFAULT_BODY_LIMIT = 64 << 20;

    /// What phones take, and more than a page shows.
    public static final long DEFAULT_PIXEL_LIMIT = 50_000_000;

    public ServeOptions {
        checkArgument(port >= 0 && port <= 65535, "ports go from 0 to 65535, not %s", port);
        checkArgument(bodyLimit >= 1, "a body has at least one byte, not %s", bodyLimit);
        checkArgument(
                bodyMemory >= bodyLimit,
                "all bodies together cannot have less room (%s bytes) than one (%s)",
                bodyMemory,
                bodyLimit);
        checkArgument(pixelLimit >= 1, "an image has at least one pixel, not %s", pixelLimit);
        checkArgument(bodyTimeout.isPositive(), "a request needs some time, not %s", bodyTimeout);
        checkArgument(!drain.isNegative(), "requests cannot take %s to end", drain);
        checkArgument(
                token.isEmpty() || !token.get().isBlank(), "an empty token would let nobody in");
    }

    /// This machine alone, over HTTP, without a token; a quarter of the heap for bodies.
    public static ServeOptions local(int port) {
        return new ServeOptions(
                "127.0.0.1",
                port,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                DEFAULT_BODY_LIMIT,
                Math.max(DEFAULT_BODY_LIMIT, Runtime.getRuntime().maxMemory() / 4),
                DEFAULT_PIXEL_LIMIT,
                Duration.ofSeconds(30),
                Duration.ofSeconds(20));
    }
}
