package org.repvgg.cli;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.repvgg.data.Dataset;
import org.repvgg.evaluate.Agreement;
import org.repvgg.evaluate.AgreementCheck;
import org.repvgg.evaluate.RandomImages;
import org.repvgg.model.Model;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.runtime.Runtimes;
import picocli.CommandLine.Option;

/// How two models are compared; shared by `fold` and `verify`.
final class ComparisonOptions {
    @Option(
            names = "--images",
            paramLabel = "N",
            defaultValue = "32",
            description = "Random images to compare on where no data is given; 32 unless given.")
    int images;

    @Option(names = "--layers", description = "Show the largest difference after every block, too.")
    boolean layers;

    Agreement compare(
            Model a,
            Model b,
            @Nullable String source,
            DataOptions data,
            int threads,
            Console console)
            throws IOException {
        if (images < 1) {
            throw new UserError("--images must be at least 1, not %s", images);
        }
        RuntimeOptions options = new RuntimeOptions(threads);
        try (Classifier first = Runtimes.load(a, options);
                Classifier second = Runtimes.load(b, options)) {
            if (source == null) {
                return AgreementCheck.compare(
                        first,
                        second,
                        RandomImages.batches(first.input(), images, data.seed),
                        layers);
            }
            try (Dataset dataset = data.open(source, 0, console);
                    ProgressLine line = console.progress("comparing", "images")) {
                return AgreementCheck.compare(first, second, dataset.test(), layers, threads, line);
            }
        }
    }
}
