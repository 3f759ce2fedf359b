package org.repvgg.spark;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.LinkedHashSet;
import java.util.Set;
import org.repvgg.runtime.PlainRuntime;

/// The jars of this program that executors need; all else comes with Spark.
final class ApplicationJars {
    private ApplicationJars() {}

    /// @throws IllegalStateException if classes come from somewhere else than a jar
    static Set<String> find() {
        Set<String> jars = new LinkedHashSet<>();
        jars.add(jarOf(ImageScorer.class));
        jars.add(jarOf(PlainRuntime.class));
        return jars;
    }

    private static String jarOf(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        try {
            URI place = source.getLocation().toURI();
            if (Files.isRegularFile(Path.of(place))) {
                return place.toString();
            }
            throw new IllegalStateException(
                    "%s comes from %s, and executors take jars only"
                            .formatted(type.getName(), place));
        } catch (URISyntaxException e) {
            throw new IllegalStateException(type.getName() + ": " + e.getMessage(), e);
        }
    }
}
