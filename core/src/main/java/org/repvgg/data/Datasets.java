package org.repvgg.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/// Opens labelled images wherever they live.
///
/// A source is
/// - a folder with a subfolder of images per class, with or without `train/` and `test/` (or
///   `val/`) above them;
/// - a `.tar` or `.zip` of the same, read in place, or a `.tar.gz`, inflated once into a temporary
///   file;
/// - the binary version of CIFAR-10 or CIFAR-100, as folder or archive;
/// - the IDX files of MNIST or Fashion-MNIST, as folder or archive;
/// - a name: `shapes` (drawn by code), `cifar10`, `cifar100`, `fashion-mnist` (downloaded once). A
///   name means the named data set even where a file is called so; `./cifar10` means the file.
///
/// What a source is, is decided by what it holds, not by its name.
public final class Datasets {
    private Datasets() {}

    /// Opens `source` with [OpenOptions#standard].
    public static Dataset open(String source) throws IOException {
        return open(source, OpenOptions.standard());
    }

    /// @throws DataException if there is nothing usable; one line
    public static Dataset open(String source, OpenOptions options) throws IOException {
        Dataset dataset = openWhole(source, options);
        return options.holdout() > 0 && dataset.hasOneSplit()
                ? dataset.holdOut(options.holdout(), options.seed())
                : dataset;
    }

    private static Dataset openWhole(String source, OpenOptions options) throws IOException {
        if (source.isBlank()) {
            throw new DataException("data", "no source given; " + NamedDatasets.accepted());
        }
        Optional<Dataset> named = NamedDatasets.open(source, options);
        if (named.isPresent()) {
            return named.get();
        }
        Path path = path(source);
        if (!Files.exists(path)) {
            throw new DataException(source, "no such file or folder" + NamedDatasets.hint(source));
        }
        return openPath(path, options);
    }

    private static Path path(String source) throws DataException {
        try {
            return Path.of(source);
        } catch (InvalidPathException e) {
            throw new DataException(source, "is no path: " + e.getReason(), e);
        }
    }

    /// Opens a folder or an archive.
    static Dataset openPath(Path path, OpenOptions options) throws IOException {
        Container container = container(path, options);
        try {
            return splits(container).toDataset(title(path), container);
        } catch (IOException | RuntimeException e) {
            container.close();
            throw e;
        }
    }

    private static Splits splits(Container container) throws IOException {
        Optional<Splits> raw = CifarBinary.find(container);
        if (raw.isEmpty()) {
            raw = IdxFiles.find(container);
        }
        return raw.isPresent() ? raw.get() : ClassFolders.find(container);
    }

    /// The last name of the path, without an archive's extension.
    private static String title(Path path) {
        Path last = path.toAbsolutePath().normalize().getFileName();
        return last == null
                ? "/"
                : last.toString().replaceFirst("(?i)(\\.tar)?\\.(tar|tgz|gz|zip)$", "");
    }

    private static Container container(Path path, OpenOptions options) throws IOException {
        if (Files.isDirectory(path)) {
            return new FolderContainer(path);
        }
        if (!Files.isReadable(path)) {
            throw new DataException(path.toString(), "cannot be read: permission denied");
        }
        byte[] start;
        try (InputStream stream = Files.newInputStream(path)) {
            start = stream.readNBytes(512);
        }
        if (begins(start, 0, "PK")) {
            return ZipContainer.open(path);
        }
        if (begins(start, 0, "\u001f\u008b")) {
            return TarContainer.openGzip(path, options.inflatedLimit());
        }
        if (begins(start, 257, "ustar") || path.toString().endsWith(".tar")) {
            return TarContainer.open(path);
        }
        throw new DataException(
                path.toString(), "is neither a folder nor a .tar, .tar.gz or .zip archive");
    }

    private static boolean begins(byte[] bytes, int offset, String latin) {
        byte[] wanted = latin.getBytes(StandardCharsets.ISO_8859_1);
        if (bytes.length < offset + wanted.length) {
            return false;
        }
        for (int i = 0; i < wanted.length; i++) {
            if (bytes[offset + i] != wanted[i]) {
                return false;
            }
        }
        return true;
    }
}
