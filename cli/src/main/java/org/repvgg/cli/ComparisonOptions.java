package org.repvgg.cli;

import java.io.IOException;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;
import org.repvgg.data.Dataset;
import org.repvgg.evaluate.Agreement;
import org.repvgg.evaluate.AgreementCheck;
import org.repvgg.evaluate.RandomImages;
import org.repvgg.evaluate.RecordedAnswers;
import org.repvgg.model.Model;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.runtime.Runtimes;
import org.repvgg.tensor.Tensor;
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

    /// Where a network comes from. It is read when its turn comes, and nobody else holds it: memory
    /// need not have room for both.
    @FunctionalInterface
    interface Source {
        Model read() throws IOException;
    }

    Agreement compare(
            Source a,
            Source b,
            @Nullable String source,
            DataOptions data,
            int threads,
            Console console)
            throws IOException {
        if (images < 1) {
            throw new UserError("--images must be at least 1, not %s", images);
        }
        RuntimeOptions options = new RuntimeOptions(threads);
        if (source == null) {
            return compareOnNoise(a, b, data.seed, options.leanly());
        }
        try (Classifier first = load(a, options);
                Classifier second = load(b, options);
                Dataset dataset = data.open(source, 0, console);
                ProgressLine line = console.progress("comparing", "images")) {
            return AgreementCheck.compare(first, second, dataset.test(), layers, threads, line);
        }
    }

    /// One network after the other; side by side where layers are compared, for their answers are
    /// too large to keep.
    private Agreement compareOnNoise(Source a, Source b, long seed, RuntimeOptions options)
            throws IOException {
        try (Classifier first = layers ? load(a, options) : recorded(a, seed, options);
                Classifier second = load(b, options)) {
            return AgreementCheck.compare(first, second, noise(first, seed), layers);
        }
    }

    private Classifier recorded(Source network, long seed, RuntimeOptions options)
            throws IOException {
        try (Classifier classifier = load(network, options)) {
            return RecordedAnswers.of(classifier, noise(classifier, seed));
        }
    }

    private Iterator<Tensor> noise(Classifier classifier, long seed) {
        return RandomImages.batches(classifier.input(), images, seed);
    }

    /// Collects garbage before and after: what is left of the last network, and of making this one,
    /// is as large as a network, and the heap would rather grow.
    private static Classifier load(Source network, RuntimeOptions options) throws IOException {
        System.gc();
        Model model = network.read();
        System.gc();
        return Runtimes.load(model, options);
    }
}
