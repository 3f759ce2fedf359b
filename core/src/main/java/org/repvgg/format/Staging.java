package org.repvgg.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Files that belong together, and that may be looked at before they take their place.
///
/// They are written under their own names into a folder beside the target, `NAME.` and a number.
/// [#commit] moves them; what has not been moved is deleted with the folder by [#close].
///
/// ```java
/// try (Staging staging = Staging.beside(target)) {
///     write(staging.file());
///     check(staging.file());
///     staging.commit();
/// }
/// ```
public final class Staging implements AutoCloseable {
    private final Path target;
    private final Path folder;

    private Staging(Path target, Path folder) {
        this.target = target;
        this.folder = folder;
    }

    /// Makes the folder.
    ///
    /// @throws IOException if the target can be no file, or the folder not be made
    public static Staging beside(Path target) throws IOException {
        Path file = AtomicFile.place(target);
        try {
            String prefix = file.getFileName() + ".";
            return new Staging(file, Files.createTempDirectory(AtomicFile.folder(file), prefix));
        } catch (IOException e) {
            throw new WriteException(target, AtomicFile.reason(e), e);
        }
    }

    /// Where the target is to be written; its companions go beside it.
    public Path file() {
        return folder.resolve(target.getFileName());
    }

    /// Moves the files into place, companions first.
    ///
    /// Several files cannot be replaced in one step, so that an old target with companions goes
    /// first: whoever is killed in between leaves none, not one that reads another's companions.
    ///
    /// @return the files in their place, the target first
    /// @throws WriteException if a file cannot be moved
    public List<Path> commit() throws IOException {
        try {
            List<Path> moved = new ArrayList<>();
            for (Path companion : companions()) {
                Files.deleteIfExists(target);
                moved.add(move(companion));
            }
            moved.addFirst(move(file()));
            return moved;
        } catch (IOException e) {
            throw new WriteException(target, AtomicFile.reason(e), e);
        }
    }

    private List<Path> companions() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> !file.equals(file())).sorted().toList();
        }
    }

    private Path move(Path file) throws IOException {
        Path place = target.resolveSibling(file.getFileName());
        return Files.move(file, place, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void close() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
