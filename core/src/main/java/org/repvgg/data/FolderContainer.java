package org.repvgg.data;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;

/// Files in a folder and below; symbolic links are followed, loops of them are not.
final class FolderContainer implements Container {
    private static final int DEPTH_LIMIT = 32;

    private final Path folder;
    private final List<Entry> entries;

    FolderContainer(Path folder) throws IOException {
        this.folder = folder;
        Visitor visitor = new Visitor();
        Files.walkFileTree(folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), DEPTH_LIMIT, visitor);
        visitor.found.sort(Comparator.comparing(Entry::path));
        this.entries = visitor.found;
    }

    @Override
    public String name() {
        return folder.toString();
    }

    @Override
    public List<Entry> entries() {
        return entries;
    }

    @Override
    public byte[] read(Entry entry, int limit) throws IOException {
        entry.checkSize(limit);
        return Files.readAllBytes(folder.resolve(entry.path()));
    }

    @Override
    public void close() {}

    private final class Visitor extends SimpleFileVisitor<Path> {
        private final List<Entry> found = new ArrayList<>();

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws DataException {
            if (attributes.isRegularFile()) {
                String path = folder.relativize(file).toString().replace(File.separatorChar, '/');
                found.add(new Entry(path, attributes.size(), 0));
            }
            if (found.size() > ENTRY_LIMIT) {
                throw new DataException(name(), "more than %,d files".formatted(ENTRY_LIMIT));
            }
            return FileVisitResult.CONTINUE;
        }

        /// A loop of links, a link to nowhere or a forbidden folder.
        @Override
        public FileVisitResult visitFileFailed(Path file, IOException problem) throws IOException {
            if (file.equals(folder)) {
                throw new DataException(name(), "cannot be read", problem);
            }
            return FileVisitResult.CONTINUE;
        }
    }
}
