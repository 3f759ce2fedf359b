package org.repvgg.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.zip.GZIPInputStream;

/// A tar read in place: an index of offsets, then positioned reads, which need no lock.
final class TarContainer implements Container {
    private final String name;
    private final Path file;
    private final boolean temporary;
    private final List<Entry> entries;
    private FileChannel channel;
    private boolean closed;

    private TarContainer(String name, Path file, boolean temporary) throws IOException {
        this.name = name;
        this.file = file;
        this.temporary = temporary;
        this.channel = FileChannel.open(file, StandardOpenOption.READ);
        try {
            this.entries = TarIndex.of(channel, name);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    static TarContainer open(Path tar) throws IOException {
        return new TarContainer(tar.toString(), tar, false);
    }

    /// Inflates a `.tar.gz` once into a temporary file, which is deleted when the container is
    /// closed.
    ///
    /// @param limit bytes the tar may have
    static TarContainer openGzip(Path archive, long limit) throws IOException {
        Path tar = Files.createTempFile("repvgg-", ".tar");
        tar.toFile().deleteOnExit(); // for programs that end without closing
        try (InputStream packed = Files.newInputStream(archive);
                InputStream inflated = new GZIPInputStream(packed, 1 << 16);
                OutputStream out = Files.newOutputStream(tar)) {
            copy(inflated, out, archive.toString(), limit);
        } catch (IOException e) {
            Files.deleteIfExists(tar);
            throw e instanceof DataException
                    ? e
                    : new DataException(
                            archive.toString(), "cannot be inflated: " + e.getMessage(), e);
        }
        return new TarContainer(archive.toString(), tar, true);
    }

    private static void copy(InputStream from, OutputStream to, String name, long limit)
            throws IOException {
        byte[] buffer = new byte[1 << 16];
        long total = 0;
        for (int count = from.read(buffer); count >= 0; count = from.read(buffer)) {
            total += count;
            if (total > limit) {
                throw new DataException(
                        name, "inflates to more than the %,d bytes accepted".formatted(limit));
            }
            to.write(buffer, 0, count);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<Entry> entries() {
        return entries;
    }

    @Override
    public byte[] read(Entry entry, int limit) throws IOException {
        entry.checkSize(limit);
        ByteBuffer buffer = ByteBuffer.allocate((int) entry.size());
        while (buffer.hasRemaining()) {
            if (read(buffer, entry.position() + buffer.position()) < 0) {
                throw new DataException(
                        name,
                        "ends inside %s, %d of %d bytes are there"
                                .formatted(entry.path(), buffer.position(), entry.size()));
            }
        }
        return buffer.array();
    }

    /// An interrupt while a thread reads closes the channel for all: the others go on with a new
    /// one.
    private int read(ByteBuffer buffer, long position) throws IOException {
        while (true) {
            try {
                return openChannel().read(buffer, position);
            } catch (ClosedChannelException e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw e;
                }
            }
        }
    }

    private synchronized FileChannel openChannel() throws IOException {
        if (closed) {
            throw new DataException(name, "the data set is closed");
        }
        if (!channel.isOpen()) {
            channel = FileChannel.open(file, StandardOpenOption.READ);
        }
        return channel;
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        channel.close();
        if (temporary) {
            Files.deleteIfExists(file);
        }
    }
}
