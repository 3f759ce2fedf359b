package org.repvgg.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/// Writes files that are there entirely or not at all.
///
/// The content goes to `NAME.tmp` in the same folder, is forced to the disk, and is then moved into
/// place in one step. Whoever kills the program or fills the disk finds the old file or the new
/// one. One writer at a time for each target.
public final class AtomicFile {
    private AtomicFile() {}

    /// Writes the content of a file.
    @FunctionalInterface
    public interface Content {
        /// @param channel empty, at its start; left open
        void writeTo(FileChannel channel) throws IOException;
    }

    /// Writes the content of a file by its path, as libraries do.
    @FunctionalInterface
    public interface PathContent {
        /// @param beside where the content goes first
        void writeTo(Path beside) throws IOException;
    }

    /// Replaces `target` with `content`.
    ///
    /// @throws WriteException saying which file could not be written and why; the old file, if
    ///   there was one, is untouched and nothing is left beside it
    public static void write(Path target, Content content) throws IOException {
        writePath(target, beside -> writeBeside(beside, content));
    }

    /// Likewise, for content that opens its file itself.
    public static void writePath(Path target, PathContent content) throws IOException {
        Path file = place(target);
        Path beside = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            content.writeTo(beside);
            force(beside);
            Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | RuntimeException | Error e) {
            deleteQuietly(beside, e);
            if (e instanceof IOException cause) {
                throw new WriteException(target, reason(cause), cause);
            }
            throw e;
        }
        forceFolder(folder(file));
    }

    /// Where `target` really is, behind links.
    ///
    /// @throws IOException if it is something else than a file, or if its folder is not there
    static Path place(Path target) throws IOException {
        Path file = Files.exists(target) ? target.toRealPath() : target.toAbsolutePath();
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IOException("cannot write " + target + ": it is not a file");
        }
        if (!Files.isDirectory(folder(file))) {
            throw new IOException("cannot write " + target + ": no folder " + folder(file));
        }
        return file;
    }

    static Path folder(Path file) {
        return Objects.requireNonNull(file.getParent(), "only a root has no folder");
    }

    /// Replaces `target` with `bytes`.
    public static void write(Path target, byte[] bytes) throws IOException {
        write(target, channel -> writeFully(channel, ByteBuffer.wrap(bytes)));
    }

    /// Writes all that remains in `buffer`.
    public static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private static void writeBeside(Path beside, Content content) throws IOException {
        try (FileChannel channel =
                FileChannel.open(
                        beside,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            content.writeTo(channel);
        }
    }

    private static void force(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    private static void deleteQuietly(Path beside, Throwable cause) {
        try {
            Files.deleteIfExists(beside);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    /// What the operating system said; a [FileSystemException] without reason is a missing right.
    static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof FileSystemException system && system.getReason() != null) {
            return system.getReason();
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    /// Makes the move itself survive a power cut, where the system can do that (not on Windows).
    private static void forceFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // The file is complete and in place; only its name may be lost with the power.
            return;
        }
    }
}
