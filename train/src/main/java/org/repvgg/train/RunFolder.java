package org.repvgg.train;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.AtomicFile;

/// The folder of one training. Every file in it is written beside and moved into place; one
/// training at a time.
public final class RunFolder implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(50);

    private final Path folder;
    private final FileChannel lockFile;
    private final FileLock lock;

    private RunFolder(Path folder, FileChannel lockFile, FileLock lock) {
        this.folder = folder;
        this.lockFile = lockFile;
        this.lock = lock;
    }

    /// Makes the folder if it is not there and locks it.
    ///
    /// @throws IOException if it cannot be made, or another training uses it
    public static RunFolder open(Path folder) throws IOException {
        return open(folder, Duration.ZERO);
    }

    /// The same, for who knows that another training is about to leave the folder.
    ///
    /// @param patience how long to wait for it
    /// @throws IOException if it cannot be made, or another training uses it for longer
    public static RunFolder open(Path folder, Duration patience) throws IOException {
        try {
            Files.createDirectories(folder);
        } catch (FileAlreadyExistsException e) {
            throw new IOException("cannot make the folder " + folder + ": it is a file", e);
        } catch (AccessDeniedException e) {
            throw new IOException("cannot make the folder " + folder + ": permission denied", e);
        } catch (IOException e) {
            throw new IOException("cannot make the folder " + folder + ": " + e.getMessage(), e);
        }
        FileChannel channel =
                FileChannel.open(
                        folder.resolve(".lock"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
        long end = System.nanoTime() + patience.toNanos();
        @Nullable FileLock lock = tryLock(channel);
        while (lock == null && System.nanoTime() < end) {
            pause();
            lock = tryLock(channel);
        }
        if (lock == null) {
            channel.close();
            throw new IOException(folder + " is in use by another training: give another --out");
        }
        return new RunFolder(folder, channel, lock);
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException _) {
            return null; // held by this very JVM
        }
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(POLL);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for a folder");
        }
    }

    public Path path() {
        return folder;
    }

    /// All state of a training that is not finished, or at its end.
    public Path checkpoint() {
        return folder.resolve("last.ckpt");
    }

    /// The training form with the best accuracy of any epoch; picked by the test split, so its
    /// figure flatters.
    public Path best() {
        return folder.resolve("best.safetensors");
    }

    /// The training form after the last epoch; the best one's in a training with [Patience].
    public Path trained() {
        return folder.resolve("trained.safetensors");
    }

    /// The plain form of [#trained].
    public Path plain() {
        return folder.resolve("plain.safetensors");
    }

    public Path report() {
        return folder.resolve("report.html");
    }

    Path config() {
        return folder.resolve("config.json");
    }

    Path history() {
        return folder.resolve("history.csv");
    }

    Path events() {
        return folder.resolve("events.out.tfevents.repvgg");
    }

    void write(Path file, String text) throws IOException {
        AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() throws IOException {
        lock.release();
        lockFile.close();
    }
}
