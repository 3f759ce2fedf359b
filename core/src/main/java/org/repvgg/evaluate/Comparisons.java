package org.repvgg.evaluate;

import java.io.IOException;
import java.util.List;
import org.repvgg.data.LabelledImages;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InputSpec;
import org.repvgg.model.Model;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.runtime.Runtimes;
import org.repvgg.spec.LayerTable;
import org.repvgg.tensor.Tensor;

/// Makes the before/after table of a fold: both forms judged by the same images, compared with each
/// other, and timed side by side.
public final class Comparisons {
    private Comparisons() {}

    /// Answers every image of `images` twice with each form, then measures rates for a second.
    ///
    /// @param threads of the classifiers and of decoding
    /// @param progress hears of images answered: three passes over the split in all
    /// @throws IOException if not one image can be read
    public static Comparison of(
            BranchedModel train,
            PlainModel plain,
            LabelledImages images,
            int threads,
            Progress progress)
            throws IOException {
        RuntimeOptions options = new RuntimeOptions(threads);
        long n = images.size();
        try (Classifier branched = Runtimes.load(train, options);
                Classifier folded = Runtimes.load(plain, options)) {
            Evaluation before =
                    Evaluator.evaluate(
                            branched, images, threads, (done, _) -> progress.at(done, 3 * n));
            Evaluation after =
                    Evaluator.evaluate(
                            folded, images, threads, (done, _) -> progress.at(n + done, 3 * n));
            Agreement agreement =
                    AgreementCheck.compare(
                            branched,
                            folded,
                            images,
                            false,
                            threads,
                            (done, _) -> progress.at(2 * n + done, 3 * n));
            List<Double> rates =
                    RateMeter.quick()
                            .imagesPerSecond(
                                    List.of(branched, folded), firstImages(images, train.input()));
            return new Comparison(
                    figures(train, before, rates.get(0)),
                    figures(plain, after, rates.get(1)),
                    agreement);
        }
    }

    /// Figures of one form alone, for a network that cannot be folded.
    ///
    /// @throws IOException if not one image can be read
    public static Comparison.Figures figures(
            Model model, LabelledImages images, int threads, Progress progress) throws IOException {
        try (Classifier classifier = Runtimes.load(model, new RuntimeOptions(threads))) {
            Evaluation evaluation = Evaluator.evaluate(classifier, images, threads, progress);
            List<Double> rates =
                    RateMeter.quick()
                            .imagesPerSecond(
                                    List.of(classifier), firstImages(images, model.input()));
            return figures(model, evaluation, rates.getFirst());
        }
    }

    private static Comparison.Figures figures(Model model, Evaluation evaluation, double rate) {
        InputSpec input = model.input();
        LayerTable table = LayerTable.of(model.spec(), model.form(), input.height(), input.width());
        return new Comparison.Figures(
                model.form(),
                table.parameters(),
                table.parameterBytes(),
                table.multiplyAdds(),
                evaluation,
                rate);
    }

    /// The first batch that has an image; there is one, for the split was judged already.
    private static Tensor firstImages(LabelledImages images, InputSpec input) {
        try (var batches = new ImageBatches(images, input, 1)) {
            Tensor batch = batches.next().images();
            while (batch.shape().dimension(0) == 0) {
                batch = batches.next().images();
            }
            return batch;
        }
    }
}
