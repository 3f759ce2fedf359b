package org.repvgg.serve.inference;

import static org.repvgg.tensor.Checks.checkArgument;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Where networks come from: a checkpoint, or a folder of them as Triton lays it out,
/// `NAME/VERSION/FILE`.
public sealed interface ModelSource {
    /// What a name may be: it stands in addresses and in metrics.
    Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

    /// A whole number, so that one version is the highest.
    Pattern VERSION = Pattern.compile("[1-9][0-9]{0,8}");

    /// What is there now.
    ///
    /// @throws IOException if the place cannot be looked at
    List<Place> places() throws IOException;

    /// A file of a network.
    record Place(String name, String version, Path file) {}

    /// One checkpoint, as version 1.
    record OneFile(String name, Path file) implements ModelSource {
        public OneFile {
            checkArgument(
                    NAME.matcher(name).matches(),
                    "a network's name has up to 128 letters, digits, '.', '_' or '-': '%s'",
                    name);
        }

        @Override
        public List<Place> places() {
            return Files.exists(file) ? List.of(new Place(name, "1", file)) : List.of();
        }
    }

    /// A folder of networks. What has another name or version than addresses take is left out, and
    /// so are hidden files.
    record Repository(Path folder) implements ModelSource {
        private static final Set<String> ENDINGS = Set.of("safetensors", "pth", "pt", "bin");

        @Override
        public List<Place> places() throws IOException {
            if (!Files.isDirectory(folder)) {
                throw new NoSuchFileException(folder.toString());
            }
            List<Place> places = new ArrayList<>();
            for (Path model : entries(folder)) {
                for (Path version : entries(model)) {
                    String number = version.getFileName().toString();
                    if (VERSION.matcher(number).matches() && isName(model)) {
                        for (Path file : entries(version)) {
                            if (isCheckpoint(file)) {
                                places.add(new Place(model.getFileName().toString(), number, file));
                            }
                        }
                    }
                }
            }
            return places;
        }

        private static boolean isName(Path model) {
            return NAME.matcher(model.getFileName().toString()).matches();
        }

        private static boolean isCheckpoint(Path file) {
            String name = file.getFileName().toString();
            String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
            return !name.startsWith(".") && ENDINGS.contains(ending) && Files.isRegularFile(file);
        }

        /// Sorted; none where it is no folder or is just going.
        private static List<Path> entries(Path folder) throws IOException {
            if (!Files.isDirectory(folder)) {
                return List.of();
            }
            try (Stream<Path> entries = Files.list(folder)) {
                return entries.sorted().toList();
            } catch (NoSuchFileException e) {
                return List.of();
            }
        }
    }
}
