package org.repvgg.data;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/// A place where files lie: a folder or an archive. Safe to read from several threads.
sealed interface Container extends Closeable permits FolderContainer, TarContainer, ZipContainer {
    /// More files than this are refused, so that the list of a hostile archive stays small.
    int ENTRY_LIMIT = 5_000_000;

    /// What the user called it.
    String name();

    /// Its regular files, sorted by path; unreachable ones and those that lead outside are left
    /// out.
    List<Entry> entries();

    /// The content of one file.
    ///
    /// @param limit bytes that are accepted
    /// @throws IOException one line that names the entry
    byte[] read(Entry entry, int limit) throws IOException;

    /// A file in the container.
    ///
    /// @param path relative, names separated by `/`, without `.` and `..`
    /// @param size bytes
    /// @param position offset of its first byte in the archive; 0 where that means nothing
    record Entry(String path, long size, long position) {

        String fileName() {
            return path.substring(path.lastIndexOf('/') + 1);
        }

        /// `a/b/` of `a/b/c.jpg`; empty at the top.
        String folder() {
            return path.substring(0, path.lastIndexOf('/') + 1);
        }

        void checkSize(int limit) throws DataException {
            if (size > limit) {
                throw new DataException(
                        path, "%,d bytes, more than the %,d accepted".formatted(size, limit));
            }
        }
    }
}
