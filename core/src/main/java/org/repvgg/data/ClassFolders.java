package org.repvgg.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.repvgg.image.ImageFormat;

/// Finds classes and splits in a tree of image files.
///
/// `cat/1.jpg`, `dog/old/2.png` are two classes; `train/cat/1.jpg`, `test/cat/2.jpg` are two splits
/// of one class; a single folder around all of it is ignored. Class names in alphabetical order are
/// the labels.
final class ClassFolders {
    private static final Set<String> TRAIN = Set.of("train", "training");
    private static final Set<String> TEST = Set.of("test", "testing");
    private static final Set<String> VALIDATION = Set.of("val", "valid", "validation");

    private final Container container;
    private final List<String> notes = new ArrayList<>();

    private ClassFolders(Container container) {
        this.container = container;
    }

    static Splits find(Container container) throws DataException {
        return new ClassFolders(container).splits();
    }

    /// @param path parts of its name, the last is the file's
    private record Found(Container.Entry entry, List<String> path) {
        String top() {
            return path.getFirst();
        }

        Found withoutTop() {
            return new Found(entry, path.subList(1, path.size()));
        }
    }

    private Splits splits() throws DataException {
        List<Found> images = withoutRoot(images());
        Map<String, List<Found>> byTop = byTop(images);
        Optional<String> train = among(byTop, TRAIN);
        Optional<String> test = among(byTop, TEST).or(() -> among(byTop, VALIDATION));
        boolean split =
                train.isPresent() && test.isPresent()
                        || byTop.size() == 1 && (train.isPresent() || test.isPresent());
        if (!split) {
            List<String> classes = classNames(byTop, "");
            return new Splits(Optional.of(files(byTop, classes, "")), Optional.empty(), notes);
        }
        noteUnused(byTop, train, test);
        return split(byTop, train, test);
    }

    private Splits split(
            Map<String, List<Found>> byTop, Optional<String> train, Optional<String> test)
            throws DataException {
        Map<String, List<Found>> trainClasses = below(byTop, train);
        Map<String, List<Found>> testClasses = below(byTop, test);
        String first = train.or(() -> test).orElseThrow();
        List<String> classes = classNames(train.isPresent() ? trainClasses : testClasses, first);
        for (String name : testClasses.keySet()) {
            if (!classes.contains(name)) {
                throw new DataException(
                        container.name(),
                        "class \"%s\" is in %s but not in %s: %s"
                                .formatted(name, test.orElseThrow(), first, classes));
            }
        }
        return new Splits(
                train.map(folder -> files(trainClasses, classes, folder + "/")),
                test.map(folder -> files(testClasses, classes, folder + "/")),
                notes);
    }

    private List<Found> images() throws DataException {
        List<Found> images = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (Container.Entry entry : container.entries()) {
            List<String> path = List.of(entry.path().split("/"));
            if (path.stream().anyMatch(part -> part.startsWith(".") || part.equals("__MACOSX"))) {
                continue; // what desktops leave behind
            }
            if (ImageFormat.hasImageExtension(entry.fileName())) {
                images.add(new Found(entry, path));
            } else {
                others.add(entry.path());
            }
        }
        if (images.isEmpty()) {
            throw new DataException(container.name(), noImages(others));
        }
        if (!others.isEmpty()) {
            notes.add(
                    others.size() == 1
                            ? "ignored a file that is no image: " + others.getFirst()
                            : "ignored %,d files that are no images, such as %s"
                                    .formatted(others.size(), others.getFirst()));
        }
        return images;
    }

    private static String noImages(List<String> others) {
        return others.isEmpty()
                ? "is empty: it should hold one folder of images per class"
                : "holds no JPEG, PNG, GIF, BMP or TIFF images, only %,d other files, such as %s"
                        .formatted(others.size(), others.getFirst());
    }

    /// Takes off the folders that surround everything, as archives have them.
    private List<Found> withoutRoot(List<Found> images) throws DataException {
        List<Found> inner = images;
        while (isRoot(inner)) {
            inner = inner.stream().map(Found::withoutTop).toList();
        }
        List<Found> loose = inner.stream().filter(image -> image.path().size() < 2).toList();
        if (loose.size() == inner.size()) {
            throw new DataException(
                    container.name(),
                    "its %,d images are in no class folders: each must lie in a folder named for its class, as in cat/%s"
                            .formatted(loose.size(), loose.getFirst().entry().fileName()));
        }
        if (!loose.isEmpty()) {
            notes.add(
                    "ignored %,d images outside class folders, such as %s"
                            .formatted(loose.size(), loose.getFirst().entry().path()));
        }
        return inner.stream().filter(image -> image.path().size() >= 2).toList();
    }

    private static boolean isRoot(List<Found> images) {
        String top = images.getFirst().top();
        boolean wraps =
                images.stream()
                        .allMatch(image -> image.path().size() > 2 && image.top().equals(top));
        return wraps && !isSplitName(top);
    }

    private static boolean isSplitName(String folder) {
        String name = folder.toLowerCase(Locale.ROOT);
        return TRAIN.contains(name) || TEST.contains(name) || VALIDATION.contains(name);
    }

    private static Map<String, List<Found>> byTop(List<Found> images) {
        return images.stream()
                .collect(Collectors.groupingBy(Found::top, TreeMap::new, Collectors.toList()));
    }

    /// The folder of one of these names that has folders with images in it.
    private static Optional<String> among(Map<String, List<Found>> byTop, Set<String> names) {
        return byTop.entrySet().stream()
                .filter(top -> names.contains(top.getKey().toLowerCase(Locale.ROOT)))
                .filter(top -> top.getValue().stream().anyMatch(found -> found.path().size() > 2))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    private static Map<String, List<Found>> below(
            Map<String, List<Found>> byTop, Optional<String> split) {
        return byTop(
                split.map(byTop::get).orElse(List.of()).stream()
                        .map(Found::withoutTop)
                        .filter(image -> image.path().size() >= 2)
                        .toList());
    }

    private void noteUnused(
            Map<String, List<Found>> byTop, Optional<String> train, Optional<String> test) {
        Set<String> unused = new LinkedHashSet<>(byTop.keySet());
        train.ifPresent(unused::remove);
        test.ifPresent(unused::remove);
        if (!unused.isEmpty()) {
            notes.add("ignored beside the splits: " + String.join(", ", unused));
        }
    }

    private List<String> classNames(Map<String, List<Found>> byClass, String split)
            throws DataException {
        List<String> names = List.copyOf(new TreeSet<>(byClass.keySet()));
        if (names.size() < 2) {
            throw new DataException(
                    container.name(),
                    "%s one class only, \"%s\": a classifier needs two or more"
                            .formatted(split.isEmpty() ? "has" : split + " has", names.getFirst()));
        }
        return names;
    }

    private ImageFiles files(
            Map<String, List<Found>> byClass, List<String> classes, String prefix) {
        Map<String, Integer> labels = new HashMap<>();
        IntStream.range(0, classes.size()).forEach(i -> labels.put(classes.get(i), i));
        List<ImageFiles.Member> members = new ArrayList<>();
        byClass.forEach(
                (name, images) -> {
                    int label = labels.getOrDefault(name, -1);
                    for (Found image : images) {
                        String shown = prefix + String.join("/", image.path());
                        members.add(new ImageFiles.Member(image.entry(), shown, label));
                    }
                });
        members.sort(Comparator.comparing(ImageFiles.Member::name));
        return new ImageFiles(container, classes, List.copyOf(members));
    }
}
