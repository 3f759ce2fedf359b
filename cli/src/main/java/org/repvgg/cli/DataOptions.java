package org.repvgg.cli;

import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.repvgg.data.Dataset;
import org.repvgg.data.Datasets;
import org.repvgg.data.LabelledImages;
import org.repvgg.data.OpenOptions;
import picocli.CommandLine.Option;

/// Where downloaded data comes from; shared by the verbs that open data.
final class DataOptions {
    static final String SOURCES =
            "A folder with a subfolder for each class (perhaps below train/ and test/), a .tar or .zip of"
                    + " that, CIFAR-10/100 or IDX files, or a name: shapes (built in), cifar10, cifar100,"
                    + " fashion-mnist.";

    /// Of a source with one split only, this part is set aside for judging what is trained.
    private static final double HOLDOUT = 0.2;

    @Option(
            names = "--mirror",
            paramLabel = "URL|FOLDER",
            description = "Take downloads from here instead of the official address.")
    @Nullable String mirror;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "0",
            description = "Of everything random; 0 unless given.")
    long seed;

    /// Opens data, telling `console` what is worth knowing.
    ///
    /// @param holdout part set aside for testing where the source has one split only; 0 for nothing
    Dataset open(String source, double holdout, Console console) throws IOException {
        OpenOptions options = OpenOptions.standard().withHoldout(holdout).withSeed(seed);
        if (mirror != null) {
            options = options.withMirror(mirror);
        }
        try (ProgressLine line = console.progress("downloading " + source, "bytes")) {
            Dataset dataset =
                    Datasets.open(
                            source, options.withProgress((_, done, total) -> line.at(done, total)));
            dataset.notes().forEach(note -> console.note("%s: %s", source, note));
            return dataset;
        }
    }

    /// Opens data to learn from one split and be judged by the other.
    Dataset openToTrain(String source, Console console) throws IOException {
        return open(source, HOLDOUT, console);
    }

    /// `test` or `train`.
    static LabelledImages split(Dataset dataset, String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "test", "val" -> dataset.test();
            case "train" -> dataset.train();
            default -> throw new UserError("--split wants test or train, not '%s'", name);
        };
    }
}
