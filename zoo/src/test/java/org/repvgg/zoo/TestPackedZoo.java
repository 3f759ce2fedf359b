package org.repvgg.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The zoo in a jar, as users have it.
final class TestPackedZoo {
    private static final String PACKAGE = "org/repvgg/zoo/";

    @TempDir Path folder;

    @Test
    void copiesWhatIsAskedFor() throws Exception {
        Path network = MadeNetworks.write(folder, "packed", MadeNetworks.network(3, 2, 0.5));
        Path classes =
                Path.of(Zoo.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Path jar = jar(classes, network);
        try (var loader =
                new URLClassLoader(path(classes, jar), ClassLoader.getPlatformClassLoader())) {
            Class<?> type = loader.loadClass(Zoo.class.getName());
            Object zoo = type.getMethod("standard").invoke(null);

            assertThat(type.getMethod("names").invoke(zoo)).isEqualTo(List.of("packed"));
            Path copy = file(type, zoo, "packed").orElseThrow();
            assertThat(copy).hasSameBinaryContentAs(network).isNotEqualTo(network);
            assertThat(copy.getFileName()).hasToString("packed.safetensors");
            assertThat(file(type, zoo, "packed")).as("copied once").contains(copy);
            assertThat(file(type, zoo, "absent")).isEmpty();
            assertThat((Optional<?>) type.getMethod("usual").invoke(zoo)).isPresent();
        }
    }

    @Test
    void mayBeEmpty() throws Exception {
        Path classes =
                Path.of(Zoo.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Path jar = jar(classes);
        try (var loader =
                new URLClassLoader(path(classes, jar), ClassLoader.getPlatformClassLoader())) {
            Class<?> type = loader.loadClass(Zoo.class.getName());
            Object zoo = type.getMethod("standard").invoke(null);
            assertThat(type.getMethod("names").invoke(zoo)).isEqualTo(List.of());
        }
    }

    private static Optional<Path> file(Class<?> type, Object zoo, String name) throws Exception {
        var found = (Optional<?>) type.getMethod("file", String.class).invoke(zoo, name);
        return found.map(Path.class::cast);
    }

    /// The classes of the zoo and these networks.
    private Path jar(Path classes, Path... networks) throws IOException {
        List<Path> files = new ArrayList<>(List.of(networks));
        try (Stream<Path> compiled = Files.list(classes.resolve(PACKAGE))) {
            compiled.filter(file -> file.toString().endsWith(".class")).forEach(files::add);
        }
        Path jar = folder.resolve("zoo.jar");
        try (var out = new JarOutputStream(Files.newOutputStream(jar))) {
            for (Path file : files) {
                out.putNextEntry(new JarEntry(PACKAGE + file.getFileName()));
                Files.copy(file, out);
                out.closeEntry();
            }
        }
        return jar;
    }

    /// This test's class path with the jar instead of the classes.
    private static URL[] path(Path classes, Path jar) throws IOException {
        List<URL> urls = new ArrayList<>(List.of(jar.toUri().toURL()));
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (!Path.of(entry).equals(classes)) {
                urls.add(Path.of(entry).toUri().toURL());
            }
        }
        return urls.toArray(URL[]::new);
    }
}
