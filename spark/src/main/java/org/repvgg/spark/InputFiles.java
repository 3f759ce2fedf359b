package org.repvgg.spark;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.repvgg.data.Digests;
import org.repvgg.image.ImageFormat;

/// The files that the inputs of a job mean, sorted by path.
///
/// @param files at least one
record InputFiles(List<InputFile> files) {
    /// The scheme of paths on this machine.
    private static final String LOCAL = "file";

    private static final String PARQUET = ".parquet";

    InputFiles {
        files = List.copyOf(files);
    }

    /// Lists folders with all below them, files, and globs. Of folders, files count that are called
    /// like images, or like Parquet where `table` is true; hidden ones (`.x`, `_x`) do not.
    ///
    /// @throws FileNotFoundException if an input means nothing
    /// @throws IllegalArgumentException if an input has no file of the kind
    static InputFiles list(List<String> inputs, boolean table, Configuration configuration)
            throws IOException {
        List<InputFile> files = new ArrayList<>();
        for (String input : inputs) {
            files.addAll(list(input, table, configuration));
        }
        return new InputFiles(
                files.stream().distinct().sorted(Comparator.comparing(InputFile::path)).toList());
    }

    private static List<InputFile> list(String input, boolean table, Configuration configuration)
            throws IOException {
        Path path = new Path(input);
        FileSystem system = path.getFileSystem(configuration);
        FileStatus[] matches = system.globStatus(path);
        if (matches == null || matches.length == 0) {
            throw new FileNotFoundException(input + ": no such file or folder");
        }
        List<InputFile> files = new ArrayList<>(); // what is named counts, whatever it is called
        List<InputFile> below = new ArrayList<>();
        for (FileStatus match : matches) {
            if (match.isDirectory()) {
                addFolder(system, match.getPath(), below);
            } else {
                files.add(file(match));
            }
        }
        int found = files.size() + below.size();
        boolean parquet =
                Stream.concat(files.stream(), below.stream()).anyMatch(InputFiles::isTable);
        below.stream()
                .filter(file -> table ? isTable(file) : ImageFormat.hasImageExtension(file.path()))
                .forEach(files::add);
        if (!table && parquet && files.stream().allMatch(InputFiles::isTable)) {
            throw new IllegalArgumentException(
                    "%s: is a Parquet table: name the column of the images' bytes (--column)"
                            .formatted(input));
        }
        if (files.isEmpty()) {
            throw new IllegalArgumentException(
                    "%s: none of its %s files is called like %s"
                            .formatted(
                                    input,
                                    found,
                                    table ? "a Parquet file" : "a JPEG, PNG, GIF, BMP or TIFF"));
        }
        return files;
    }

    private static boolean isTable(InputFile file) {
        return file.path().endsWith(PARQUET);
    }

    private static void addFolder(FileSystem system, Path folder, List<InputFile> files)
            throws IOException {
        int above = folder.toString().length();
        for (InputFile file : below(system, folder)) {
            String below = file.path().substring(above);
            if (!below.contains("/.") && !below.contains("/_")) {
                files.add(file);
            }
        }
    }

    /// All files below a folder. A store answers few requests for it; local folders are read
    /// without Hadoop, which makes several calls for each file of theirs.
    private static List<InputFile> below(FileSystem system, Path folder) throws IOException {
        if (isLocal(folder)) {
            return belowLocal(folder);
        }
        List<InputFile> files = new ArrayList<>();
        RemoteIterator<LocatedFileStatus> all = system.listFiles(folder, true);
        while (all.hasNext()) {
            files.add(file(all.next()));
        }
        return files;
    }

    private static List<InputFile> belowLocal(Path folder) throws IOException {
        List<InputFile> files = new ArrayList<>();
        Files.walkFileTree(
                local(folder),
                EnumSet.of(FileVisitOption.FOLLOW_LINKS),
                Integer.MAX_VALUE,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(
                            java.nio.file.Path file, BasicFileAttributes attributes) {
                        String path = LOCAL + ":" + file;
                        long changed = attributes.lastModifiedTime().toMillis();
                        files.add(new InputFile(path, attributes.size(), changed));
                        return FileVisitResult.CONTINUE;
                    }
                });
        return files;
    }

    /// Whether a path is one of this machine.
    static boolean isLocal(Path path) {
        return LOCAL.equals(path.toUri().getScheme());
    }

    static java.nio.file.Path local(Path path) {
        return java.nio.file.Path.of(path.toUri().getPath());
    }

    private static InputFile file(FileStatus status) {
        return new InputFile(
                status.getPath().toString(), status.getLen(), status.getModificationTime());
    }

    /// SHA-256 of names, lengths and times: other files, or changed ones, make another.
    String digest() {
        MessageDigest digest = Digests.algorithm("SHA-256");
        for (InputFile file : files) {
            String line = file.path() + "\t" + file.bytes() + "\t" + file.changed() + "\n";
            digest.update(line.getBytes(UTF_8));
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /// Consecutive files, `count` together but for the last ones.
    static List<List<InputFile>> cut(List<InputFile> files, int count) {
        List<List<InputFile>> parts = new ArrayList<>();
        for (int from = 0; from < files.size(); from += count) {
            parts.add(List.copyOf(files.subList(from, Math.min(from + count, files.size()))));
        }
        return parts;
    }

    /// Consecutive files of about so many bytes together; a larger file is a chunk of its own.
    List<List<InputFile>> chunks(long bytes) {
        List<List<InputFile>> chunks = new ArrayList<>();
        List<InputFile> chunk = new ArrayList<>();
        long sum = 0;
        for (InputFile file : files) {
            if (!chunk.isEmpty() && sum + file.bytes() > bytes) {
                chunks.add(List.copyOf(chunk));
                chunk.clear();
                sum = 0;
            }
            chunk.add(file);
            sum += file.bytes();
        }
        chunks.add(List.copyOf(chunk));
        return chunks;
    }
}
