package org.repvgg.data;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.repvgg.format.DidYouMean;

/// Data sets known by name: the drawn one, and those that are downloaded once.
final class NamedDatasets {
    private static final String SHAPES = "shapes";

    private static final List<Published> PUBLISHED =
            List.of(
                    new Published(
                            "cifar10",
                            URI.create("https://www.cs.toronto.edu/~kriz/"),
                            List.of("cifar-10-batches-bin"),
                            List.of(
                                    new PublishedFile(
                                            "cifar-10-binary.tar.gz",
                                            "c32a1d4ab5d03f1284b67883e8d87530"))),
                    new Published(
                            "cifar100",
                            URI.create("https://www.cs.toronto.edu/~kriz/"),
                            List.of("cifar-100-binary"),
                            List.of(
                                    new PublishedFile(
                                            "cifar-100-binary.tar.gz",
                                            "03b5dce01913d631647c71ecec9e9cb8"))),
                    new Published(
                            "fashion-mnist",
                            URI.create(
                                    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"),
                            // where Debian's package dataset-fashion-mnist puts it
                            List.of("fashion-mnist", "/usr/share/datasets/fashion-mnist"),
                            List.of(
                                    new PublishedFile(
                                            "train-images-idx3-ubyte.gz",
                                            "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
                                    new PublishedFile(
                                            "train-labels-idx1-ubyte.gz",
                                            "25c81989df183df01b3e8a0aad5dffbe"),
                                    new PublishedFile(
                                            "t10k-images-idx3-ubyte.gz",
                                            "bef4ecab320f06d8554ea6380940ec79"),
                                    new PublishedFile(
                                            "t10k-labels-idx1-ubyte.gz",
                                            "bb300cfdad3c16e7a12a480ee83cd310"))));

    private NamedDatasets() {}

    /// @param base address of the folder that holds the files
    /// @param folders names an unpacked copy may have
    record Published(String name, URI base, List<String> folders, List<PublishedFile> files) {}

    record PublishedFile(String name, String md5) {}

    /// The data set called `name`, if one is.
    static Optional<Dataset> open(String name, OpenOptions options) throws IOException {
        if (name.equals(SHAPES)) {
            return Optional.of(shapes(options));
        }
        for (Published published : PUBLISHED) {
            if (published.name().equals(name)) {
                return Optional.of(open(published, options));
            }
        }
        return Optional.empty();
    }

    private static Dataset shapes(OpenOptions options) {
        Splits splits =
                new Splits(
                        Optional.of(Shapes.train(options.seed(), options.shapesTrain())),
                        Optional.of(Shapes.test(options.seed(), options.shapesTest())),
                        List.of());
        return splits.toDataset(SHAPES, () -> {});
    }

    /// From a local mirror, else an installed copy, else the cache, which is filled first.
    static Dataset open(Published published, OpenOptions options) throws IOException {
        Optional<String> mirror = options.mirror();
        boolean remote = mirror.isEmpty() || mirror.get().matches("(?i)https?://.*");
        Optional<Path> local =
                remote ? installed(published) : Optional.of(inMirror(published, mirror.get()));
        Path path = local.isPresent() ? local.get() : cached(published, options);
        Dataset opened = Datasets.openPath(path, options);
        return new Dataset(
                published.name(),
                opened.train(),
                opened.test(),
                opened.digest(),
                opened.notes(),
                opened.resource());
    }

    private static Optional<Path> installed(Published published) {
        return published.folders().stream()
                .filter(folder -> folder.startsWith("/"))
                .map(Path::of)
                .filter(Files::isDirectory)
                .findFirst();
    }

    /// The unpacked folder or the files themselves, in the mirror's folder or in a subfolder named
    /// for the data set.
    private static Path inMirror(Published published, String mirror) throws DataException {
        try {
            Path root = Path.of(mirror);
            List<String> fileNames = published.files().stream().map(PublishedFile::name).toList();
            for (Path folder : List.of(root.resolve(published.name()), root)) {
                if (fileNames.stream().allMatch(file -> Files.exists(folder.resolve(file)))) {
                    return fileNames.size() == 1 ? folder.resolve(fileNames.getFirst()) : folder;
                }
            }
            for (String folder : published.folders()) {
                if (Files.isDirectory(root.resolve(folder))) {
                    return root.resolve(folder);
                }
            }
            throw new DataException(
                    mirror,
                    "this mirror has no %s: expected %s or a folder %s"
                            .formatted(
                                    published.name(),
                                    String.join(", ", fileNames),
                                    published.folders().getFirst()));
        } catch (InvalidPathException e) {
            throw new DataException(mirror, "is neither an address nor a folder", e);
        }
    }

    private static Path cached(Published published, OpenOptions options) throws IOException {
        Path folder = options.cacheFolder().resolve(published.name());
        Downloader downloader = new Downloader(options.progress());
        for (PublishedFile file : published.files()) {
            downloader.fetch(
                    address(published, file, options),
                    folder.resolve(file.name()),
                    Checksum.md5(file.md5()));
        }
        boolean single = published.files().size() == 1;
        return single ? folder.resolve(published.files().getFirst().name()) : folder;
    }

    private static URI address(Published published, PublishedFile file, OpenOptions options)
            throws DataException {
        String base = options.mirror().orElse(published.base().toString());
        String folder = base.endsWith("/") ? base : base + "/";
        try {
            return URI.create(folder + file.name());
        } catch (IllegalArgumentException e) {
            throw new DataException(base, "is no address of a mirror", e);
        }
    }

    private static Stream<String> names() {
        return Stream.concat(Stream.of(SHAPES), PUBLISHED.stream().map(Published::name));
    }

    /// What a source may be, for messages.
    static String accepted() {
        return "accepted are a folder with one subfolder of images per class, a .tar, .zip or .tar.gz of that, CIFAR's"
                + " binary version, a folder of IDX files, or a name: "
                + names().collect(Collectors.joining(", "));
    }

    /// The rest of a message about a missing source.
    static String hint(String source) {
        String word = source.toLowerCase(Locale.ROOT).replace("_", "-");
        String meant =
                DidYouMean.nearest(word, names().toList())
                        .map(name -> ", and no data set of that name: did you mean " + name + "?")
                        .orElse("");
        return meant + "; " + accepted();
    }
}
