package org.repvgg.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Finds where the files of a tar lie, reading nothing but headers.
///
/// Knows the old, the POSIX (`ustar`, with its extended headers) and the GNU dialect. Written here
/// because the usual library takes ten times as long for many small files: it builds an object of
/// owners, modes and dates for each.
final class TarIndex {
    private static final int BLOCK = 512;
    private static final int WINDOW = 1 << 14;
    private static final int EXTENDED_LIMIT = 1 << 20;

    private final FileChannel channel;
    private final String name;
    private final long length;
    private final ByteBuffer window = ByteBuffer.allocate(WINDOW).limit(0);
    private long windowStart;

    /// What extended headers say about the entry that follows.
    private String nextPath = "";

    private long nextSize = -1;
    private boolean nextIsSparse;

    private TarIndex(FileChannel channel, String name) throws IOException {
        this.channel = channel;
        this.name = name;
        this.length = channel.size();
    }

    /// The regular files, sorted by path. Of entries with the same path the last counts, as in
    /// unpacking.
    ///
    /// @throws DataException if a header is damaged or a file runs past the end
    static List<Container.Entry> of(FileChannel channel, String name) throws IOException {
        return new TarIndex(channel, name).read();
    }

    private List<Container.Entry> read() throws IOException {
        Map<String, Container.Entry> found = new LinkedHashMap<>();
        long position = 0;
        while (position < length) {
            byte[] header = block(position);
            if (isZero(header)) {
                break;
            }
            checkSum(header, position);
            long data = position + BLOCK;
            long size = nextSize >= 0 ? nextSize : number(header, 124, 12);
            if (size < 0 || size > length - data) {
                throw new DataException(
                        name,
                        "truncated: an entry at offset %d has %d bytes, %d are left"
                                .formatted(position, size, length - data));
            }
            if (!isExtension(header, data, size)) {
                if (isRegularFile(header)) {
                    add(found, new Container.Entry(path(header), size, data));
                }
                nextPath = "";
                nextSize = -1;
                nextIsSparse = false;
            }
            position = data + (size + BLOCK - 1) / BLOCK * BLOCK;
        }
        List<Container.Entry> sorted = new ArrayList<>(found.values());
        sorted.sort(Comparator.comparing(Container.Entry::path));
        return sorted;
    }

    private void add(Map<String, Container.Entry> found, Container.Entry entry)
            throws DataException {
        Optional<String> path = EntryNames.normalised(entry.path());
        path.ifPresent(
                safe -> found.put(safe, new Container.Entry(safe, entry.size(), entry.position())));
        if (found.size() > Container.ENTRY_LIMIT) {
            throw new DataException(name, "more than %,d files".formatted(Container.ENTRY_LIMIT));
        }
    }

    private byte[] block(long position) throws IOException {
        if (position < windowStart || position + BLOCK > windowStart + window.limit()) {
            window.clear();
            windowStart = position;
            readFully(window, position);
            window.flip();
        }
        byte[] block = new byte[BLOCK];
        int offset = (int) (position - windowStart);
        int there = Math.min(BLOCK, window.limit() - offset);
        if (there < BLOCK) {
            throw new DataException(
                    name,
                    "truncated: %d bytes of a header at offset %d, expected %d"
                            .formatted(there, position, BLOCK));
        }
        window.get(offset, block);
        return block;
    }

    private void readFully(ByteBuffer buffer, long position) throws IOException {
        int count = 0;
        while (buffer.hasRemaining() && count >= 0) {
            count = channel.read(buffer, position + buffer.position());
        }
    }

    private static boolean isZero(byte[] block) {
        for (byte value : block) {
            if (value != 0) {
                return false;
            }
        }
        return true;
    }

    /// The sum of all bytes, its own field counted as spaces.
    private void checkSum(byte[] header, long position) throws DataException {
        long sum = 0;
        for (int i = 0; i < BLOCK; i++) {
            sum += i >= 148 && i < 156 ? ' ' : header[i] & 0xff;
        }
        long stored = number(header, 148, 8);
        if (sum != stored) {
            throw new DataException(
                    name,
                    "is no tar or damaged: header at offset %d has checksum %d, its bytes add up to %d"
                            .formatted(position, stored, sum));
        }
    }

    /// Octal digits, or for large values GNU's big-endian binary; -1 where it is neither.
    private static long number(byte[] header, int offset, int width) {
        if ((header[offset] & 0x80) != 0) {
            long value = header[offset] & 0x7f;
            for (int i = 1; i < width; i++) {
                value = value > Long.MAX_VALUE >> 8 ? -1 : value << 8 | header[offset + i] & 0xff;
            }
            return value;
        }
        String digits = text(header, offset, width).strip();
        try {
            return digits.isEmpty() ? 0 : Long.parseLong(digits, 8);
        } catch (NumberFormatException _) {
            return -1;
        }
    }

    private static String text(byte[] bytes, int offset, int width) {
        int end = offset;
        while (end < offset + width && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, offset, end - offset, StandardCharsets.UTF_8);
    }

    /// Whether the entry speaks about others; what it says of the next one is kept.
    private boolean isExtension(byte[] header, long data, long size) throws IOException {
        return switch (header[156]) {
            case 'L' -> {
                byte[] content = extended(data, size);
                nextPath = text(content, 0, content.length);
                yield true;
            }
            case 'x', 'X' -> {
                parseRecords(new String(extended(data, size), StandardCharsets.UTF_8));
                yield true;
            }
            case 'g', 'K', 'V', 'N' -> true;
            default -> false;
        };
    }

    private byte[] extended(long position, long size) throws IOException {
        if (size > EXTENDED_LIMIT) {
            throw new DataException(
                    name,
                    "an extended header at offset %d has %d bytes, more than %d"
                            .formatted(position, size, EXTENDED_LIMIT));
        }
        ByteBuffer content = ByteBuffer.allocate((int) size);
        readFully(content, position);
        return content.array();
    }

    /// POSIX records: `29 path=train/cat/1.jpg\n`. Their length, in bytes, is not needed as names
    /// have no line ends.
    private void parseRecords(String records) throws DataException {
        for (String line : records.split("\n")) {
            String keyAndValue = line.substring(line.indexOf(' ') + 1);
            int equals = keyAndValue.indexOf('=');
            String key = keyAndValue.substring(0, Math.max(equals, 0));
            String value = keyAndValue.substring(equals + 1);
            if (key.equals("path")) {
                nextPath = value;
            } else if (key.equals("size")) {
                nextSize = parseSize(value);
            } else if (key.startsWith("GNU.sparse")) {
                nextIsSparse = true;
            }
        }
    }

    private long parseSize(String value) throws DataException {
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException _) {
            throw new DataException(name, "damaged tar: an entry's size is \"" + value + "\"");
        }
    }

    /// Sparse files, links and devices hold no image.
    private boolean isRegularFile(byte[] header) {
        boolean regular = header[156] == '0' || header[156] == 0 || header[156] == '7';
        return regular && !nextIsSparse && !path(header).endsWith("/");
    }

    private String path(byte[] header) {
        if (!nextPath.isEmpty()) {
            return nextPath;
        }
        String path = text(header, 0, 100);
        boolean posix = text(header, 257, 6).equals("ustar");
        String prefix = posix ? text(header, 345, 155) : "";
        return prefix.isEmpty() ? path : prefix + "/" + path;
    }
}
