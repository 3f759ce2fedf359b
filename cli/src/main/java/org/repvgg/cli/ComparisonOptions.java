package org.repvgg.cli;

import java.io.IOException;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;
import org.repvgg.data.Dataset;
import org.repvgg.evaluate.Agreement;
import org.repvgg.evaluate.AgreementCheck;
import org.repvgg.evaluate.RandomImages;
import org.repvgg.evaluate.RecordedAnswers;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.RuntimeOptions;
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

    Agreement compare(
            NetworkSource a,
            NetworkSource b,
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
        try (Classifier first = a.load(options);
                Classifier second = b.load(options);
                Dataset dataset = data.open(source, 0, console);
                ProgressLine line = console.progress("comparing", "images")) {
            return AgreementCheck.compare(first, second, dataset.test(), layers, threads, line);
        }
    }

    /// One network after the other; side by side where layers are compared, for their answers are
    /// too large to keep.
    private Agreement compareOnNoise(
            NetworkSource a, NetworkSource b, long seed, RuntimeOptions options)
            throws IOException {
        try (Classifier first = layers ? a.load(options) : recorded(a, seed, options);
                Classifier second = b.load(options)) {
            return AgreementCheck.compare(first, second, noise(first, seed), layers);
        }
    }

    private Classifier recorded(NetworkSource network, long seed, RuntimeOptions options)
            throws IOException {
        try (Classifier classifier = network.load(options)) {
            return RecordedAnswers.of(classifier, noise(classifier, seed));
        }
    }

    private Iterator<Tensor> noise(Classifier classifier, long seed) {
        return RandomImages.batches(classifier.input(), images, seed);
    }
}
