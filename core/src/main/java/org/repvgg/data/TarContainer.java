package org.repvgg.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.zip.GZIPInputStream;

/// A tar read in place: an index of offsets, then positioned reads, which need no lock.
final class TarContainer implements Container {
    private final String name;
    private final FileChannel channel;
    private final List<Entry> entries;

    private TarContainer(String name, FileChannel channel) throws IOException {
        this.name = name;
        this.channel = channel;
        try {
            this.entries = TarIndex.of(channel, name);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    static TarContainer open(Path tar) throws IOException {
        return new TarContainer(tar.toString(), FileChannel.open(tar, StandardOpenOption.READ));
    }

    /// Inflates a `.tar.gz` once into a temporary file that vanishes when the container is closed.
    ///
    /// @param limit bytes the tar may have
    static TarContainer openGzip(Path archive, long limit) throws IOException {
        Path temporary = Files.createTempFile("repvgg-", ".tar");
        try (InputStream file = Files.newInputStream(archive);
                InputStream tar = new GZIPInputStream(file, 1 << 16);
                OutputStream out = Files.newOutputStream(temporary)) {
            copy(tar, out, archive.toString(), limit);
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw e instanceof DataException
                    ? e
                    : new DataException(
                            archive.toString(), "cannot be inflated: " + e.getMessage(), e);
        }
        return new TarContainer(
                archive.toString(),
                FileChannel.open(
                        temporary, StandardOpenOption.READ, StandardOpenOption.DELETE_ON_CLOSE));
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
            if (channel.read(buffer, entry.position() + buffer.position()) < 0) {
                throw new DataException(
                        name,
                        "ends inside %s, %d of %d bytes are there"
                                .formatted(entry.path(), buffer.position(), entry.size()));
            }
        }
        return buffer.array();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
