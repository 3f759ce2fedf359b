package org.repvgg.data;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/// A zip read in place.
final class ZipContainer implements Container {
    private final Path archive;
    private final ZipFile zip;
    private final Map<String, ZipEntry> byPath = new HashMap<>();
    private final List<Entry> entries = new ArrayList<>();

    private ZipContainer(Path archive, ZipFile zip) throws IOException {
        this.archive = archive;
        this.zip = zip;
        if (zip.size() > ENTRY_LIMIT) {
            throw new DataException(
                    name(), "%,d entries, more than %,d".formatted(zip.size(), ENTRY_LIMIT));
        }
        for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
            ZipEntry next = all.nextElement();
            Optional<String> path = EntryNames.normalised(next.getName());
            if (!next.isDirectory()
                    && path.isPresent()
                    && byPath.putIfAbsent(path.get(), next) == null) {
                entries.add(new Entry(path.get(), next.getSize(), 0));
            }
        }
        entries.sort(Comparator.comparing(Entry::path));
    }

    static ZipContainer open(Path archive) throws IOException {
        ZipFile zip = openFile(archive);
        try {
            return new ZipContainer(archive, zip);
        } catch (IOException | RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    /// Names are UTF-8; old programs wrote others, which Latin letters at least let pass.
    private static ZipFile openFile(Path archive) throws IOException {
        try {
            return open(archive, StandardCharsets.UTF_8);
        } catch (ZipException _) {
            try {
                return open(archive, StandardCharsets.ISO_8859_1);
            } catch (IOException e) {
                throw new DataException(archive.toString(), "damaged zip: " + e.getMessage(), e);
            }
        }
    }

    private static ZipFile open(Path archive, Charset charset) throws IOException {
        return new ZipFile(new File(archive.toString()), ZipFile.OPEN_READ, charset);
    }

    @Override
    public String name() {
        return archive.toString();
    }

    @Override
    public List<Entry> entries() {
        return entries;
    }

    /// Reads at most what the directory promised, whatever the compressed data inflates to.
    @Override
    public byte[] read(Entry entry, int limit) throws IOException {
        entry.checkSize(limit);
        ZipEntry stored = byPath.get(entry.path());
        if (stored == null) {
            throw new DataException(name(), "has no entry " + entry.path());
        }
        try (InputStream content = zip.getInputStream(stored)) {
            byte[] bytes = content.readNBytes((int) entry.size());
            if (bytes.length != entry.size() || content.read() >= 0) {
                throw new DataException(
                        entry.path(),
                        "has another size than the %d bytes the zip promises"
                                .formatted(entry.size()));
            }
            return bytes;
        } catch (ZipException e) {
            throw new DataException(entry.path(), "damaged in the zip: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
