package org.repvgg.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The part of a download that is there, with the tag that the server gave its version of the file.
final class PartialFile {
    private final Path path;
    private final Path tagFile;

    PartialFile(Path target) {
        this.path = target.resolveSibling(target.getFileName() + ".part");
        this.tagFile = target.resolveSibling(target.getFileName() + ".part.etag");
    }

    Path path() {
        return path;
    }

    /// Bytes that are there; 0 where there is no file.
    long size() throws IOException {
        return Files.exists(path) ? Files.size(path) : 0;
    }

    /// The server's strong tag, or empty.
    String tag() throws IOException {
        return Files.exists(tagFile) ? Files.readString(tagFile) : "";
    }

    /// Remembers the tag; weak ones do not promise equal bytes.
    void tag(String tag) throws IOException {
        if (tag.isEmpty() || tag.startsWith("W/")) {
            Files.deleteIfExists(tagFile);
        } else {
            Files.writeString(tagFile, tag);
        }
    }

    void discard() throws IOException {
        Files.deleteIfExists(path);
        Files.deleteIfExists(tagFile);
    }
}
