package org.repvgg.format;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Objects;

/// Files that the reference implementation wrote, under `src/test/resources/golden`.
public final class Golden {
    private Golden() {}

    /// @param name `official-small/train.safetensors`
    public static Path file(String name) {
        URL url = Golden.class.getResource("/golden/" + name);
        try {
            return Path.of(Objects.requireNonNull(url, "no golden file " + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
