package org.repvgg.data;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Data sets known by name.
final class NamedDatasets {
    static final List<String> NAMES = List.of("shapes", "cifar10", "cifar100", "fashion-mnist");

    private NamedDatasets() {}

    /// The data set called `name`, if one is.
    static Optional<Dataset> open(String name, OpenOptions options) throws IOException {
        return switch (name) {
            case "shapes" -> Optional.of(shapes(options));
            default -> Optional.empty();
        };
    }

    private static Dataset shapes(OpenOptions options) {
        Splits splits =
                new Splits(
                        Optional.of(Shapes.train(options.seed(), options.shapesTrain())),
                        Optional.of(Shapes.test(options.seed(), options.shapesTest())),
                        List.of());
        return splits.toDataset("shapes", () -> {});
    }

    /// What a source may be, for messages.
    static String accepted() {
        return "accepted are a folder with one subfolder of images per class, a .tar, .zip or .tar.gz of that, CIFAR's"
                + " binary version, a folder of IDX files, or a name: "
                + String.join(", ", NAMES);
    }

    /// The rest of a message about a missing source.
    static String hint(String source) {
        Optional<String> close =
                NAMES.stream()
                        .filter(
                                name ->
                                        !source.contains("/")
                                                && EditDistance.between(
                                                                source.toLowerCase(Locale.ROOT),
                                                                name)
                                                        <= 2)
                        .findFirst();
        return close.map(name -> ", and no data set of that name: did you mean " + name + "?")
                        .orElse("")
                + "; "
                + accepted();
    }
}
