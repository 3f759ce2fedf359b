package org.repvgg.zoo;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/// Where the files of a zoo lie.
sealed interface Shelf {
    /// Names of the files that are there, in any order.
    List<String> files() throws IOException;

    /// A file of that name, one of [#files], to be read.
    Path open(String file) throws IOException;

    /// What is packed with this class.
    static Shelf own() {
        String place = requireNonNull(Shelf.class.getResource("Shelf.class")).toString();
        URI self = URI.create(place);
        return place.startsWith("file:")
                ? new Folder(requireNonNull(Path.of(self).getParent()))
                : new Jar(self);
    }

    /// A folder; empty where there is none.
    record Folder(Path folder) implements Shelf {
        @Override
        public List<String> files() throws IOException {
            if (!Files.isDirectory(folder)) {
                return List.of();
            }
            try (Stream<Path> entries = Files.list(folder)) {
                return entries.filter(Files::isRegularFile)
                        .map(entry -> entry.getFileName().toString())
                        .toList();
            }
        }

        @Override
        public Path open(String file) {
            return folder.resolve(file);
        }
    }

    /// Entries of a jar, beside a class in it. A checkpoint is read at positions, which a packed
    /// one does not have: it is copied into a temporary folder that goes with the JVM.
    ///
    /// @param neighbour address of the class; other addresses than of jars have nothing
    record Jar(URI neighbour) implements Shelf {
        private static final Map<String, Path> COPIES = new ConcurrentHashMap<>();

        @Override
        public List<String> files() throws IOException {
            URLConnection connection = neighbour.toURL().openConnection();
            if (!(connection instanceof JarURLConnection entry)) {
                return List.of();
            }
            entry.setUseCaches(false); // closing it closes nobody else's
            String name = entry.getEntryName();
            String folder = name.substring(0, name.lastIndexOf('/') + 1);
            try (JarFile jar = entry.getJarFile()) {
                return jar.stream()
                        .map(ZipEntry::getName)
                        .filter(other -> other.startsWith(folder))
                        .map(other -> other.substring(folder.length()))
                        .toList();
            }
        }

        @Override
        public Path open(String file) throws IOException {
            try {
                return COPIES.computeIfAbsent(file, Jar::copy);
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
        }

        private static Path copy(String file) {
            try (InputStream packed = requireNonNull(Shelf.class.getResourceAsStream(file), file)) {
                Path folder = Files.createTempDirectory("repvgg-zoo");
                folder.toFile()
                        .deleteOnExit(); // after what is in it: last registered, first deleted
                Path copy = folder.resolve(file);
                copy.toFile().deleteOnExit();
                Files.copy(packed, copy);
                return copy;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
