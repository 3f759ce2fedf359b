package org.repvgg.data;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/// Fetches files over HTTP, once, whole and unharmed.
///
/// The bytes gather in `NAME.part` beside the target; a cut connection is taken up again where it
/// broke, in the same call or a later one. Only a file whose checksum is right is moved into place,
/// in one step. A lock file lets one process at a time download a file; the others wait and find it
/// there.
public final class Downloader {
    private static final Map<Path, ReentrantLock> LOCKS = new ConcurrentHashMap<>();

    private final Settings settings;
    private final DownloadProgress progress;

    /// @param connectTimeout to reach a server, and again for it to answer
    /// @param stallTimeout without a single byte; then the connection counts as cut
    /// @param attempts connections in a row that may break before the call fails
    /// @param pause before another attempt, doubled each time
    record Settings(Duration connectTimeout, Duration stallTimeout, int attempts, Duration pause) {
        static final Settings STANDARD =
                new Settings(
                        Duration.ofSeconds(20), Duration.ofSeconds(30), 5, Duration.ofSeconds(1));
    }

    public Downloader(DownloadProgress progress) {
        this(progress, Settings.STANDARD);
    }

    Downloader(DownloadProgress progress, Settings settings) {
        this.progress = progress;
        this.settings = settings;
    }

    /// Downloads `address` to `target` unless the right file is there already.
    ///
    /// @param checksum what the file must have
    /// @throws DataException if the server refuses or the file is damaged; one line with the
    ///   address
    public void fetch(URI address, Path target, Checksum checksum) throws IOException {
        Path file = target.toAbsolutePath().normalize();
        ReentrantLock lock = LOCKS.computeIfAbsent(file, _ -> new ReentrantLock());
        lock.lock();
        try {
            Files.createDirectories(file.resolveSibling("."));
            Path lockFile = file.resolveSibling(file.getFileName() + ".lock");
            try (FileChannel channel =
                            FileChannel.open(
                                    lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock _ = channel.lock()) {
                if (!isThere(file, checksum)) {
                    download(address, file, checksum);
                }
            }
        } catch (FileSystemException e) {
            String reason = e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
            throw new DataException(
                    file.toString(),
                    "cannot be written: %s (%s)".formatted(reason, e.getFile()),
                    e);
        } finally {
            lock.unlock();
        }
    }

    private static boolean isThere(Path file, Checksum checksum) throws IOException {
        return Files.isRegularFile(file) && checksum.of(file).equals(checksum);
    }

    private void download(URI address, Path file, Checksum checksum) throws IOException {
        PartialFile part = new PartialFile(file);
        boolean resumed = part.size() > 0;
        gather(address, part);
        Checksum actual = checksum.of(part.path());
        if (!actual.equals(checksum) && resumed) {
            part.discard(); // half of it may come from an older file
            gather(address, part);
            actual = checksum.of(part.path());
        }
        if (!actual.equals(checksum)) {
            part.discard();
            throw new DataException(
                    address.toString(),
                    "the file is damaged and was removed: expected %s %s, it has %s"
                            .formatted(checksum.algorithm(), checksum.hex(), actual.hex()));
        }
        try {
            Files.move(part.path(), file, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException _) {
            Files.move(part.path(), file, StandardCopyOption.REPLACE_EXISTING);
        }
        part.discard();
    }

    /// Connects until the partial file is complete; attempts that brought bytes do not count as
    /// failures.
    private void gather(URI address, PartialFile part) throws IOException {
        HttpClient client =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .followRedirects(HttpClient.Redirect.NORMAL)
                        .connectTimeout(settings.connectTimeout())
                        .build();
        try {
            int failures = 0;
            while (true) {
                long before = part.size();
                try {
                    new Transfer(client, settings, progress, address, part).run();
                    return;
                } catch (Transfer.CutException e) {
                    failures = part.size() > before ? 1 : failures + 1;
                    if (failures >= settings.attempts()) {
                        throw new DataException(
                                address.toString(),
                                "%s; %,d bytes are kept and the next attempt goes on from there"
                                        .formatted(e.getMessage(), part.size()),
                                e);
                    }
                    pause(failures, address);
                }
            }
        } finally {
            client.shutdownNow();
        }
    }

    private void pause(int failures, URI address) throws DataException {
        try {
            Thread.sleep(settings.pause().multipliedBy(1L << (failures - 1)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DataException(address.toString(), "the download was interrupted", e);
        }
    }
}
