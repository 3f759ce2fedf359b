package org.repvgg.spark;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
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

    /// The jar of a class, and those that its manifest names: a whole program.
    ///
    /// @throws IllegalStateException if the class comes from somewhere else than a jar
    /// @throws IOException if the jar cannot be read
    static Set<String> withLibraries(Class<?> type) throws IOException {
        URI jar = URI.create(jarOf(type));
        Set<String> jars = new LinkedHashSet<>(Set.of(jar.toString()));
        try (var file = new JarFile(Path.of(jar).toFile())) {
            Manifest manifest = file.getManifest();
            String libraries =
                    manifest == null
                            ? null
                            : manifest.getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
            if (libraries != null) {
                for (String library : libraries.split(" ")) {
                    jars.add(jar.resolve(library).toString());
                }
            }
        }
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
