package org.repvgg.train;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.repvgg.data.LabelledImages;
import org.repvgg.evaluate.ClassMapping;
import org.repvgg.evaluate.Comparison;
import org.repvgg.evaluate.Comparisons;
import org.repvgg.evaluate.ImageBatches;
import org.repvgg.evaluate.Prediction;
import org.repvgg.evaluate.Progress;
import org.repvgg.fold.Fold;
import org.repvgg.fold.NotFoldableException;
import org.repvgg.format.Checkpoint;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.Model;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.runtime.Runtimes;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.report.ReportData.Mistake;
import org.repvgg.train.report.ReportData.Outcome;
import org.repvgg.train.report.ReportWriter;

/// What follows a training: the trained network is written, folded, compared with its fold on every
/// test image; both forms are measured, and the report is drawn.
public final class Finish {
    private static final int SHOWN_MISTAKES = 20;

    private Finish() {}

    /// Writes [RunFolder#trained], [RunFolder#report] and, where the network can be folded and both
    /// forms agree, [RunFolder#plain].
    ///
    /// @param command what the user typed, for the report
    /// @param progress hears of the images answered
    /// @return the figures of both forms; of the training form alone where it cannot be folded
    /// @throws IOException if data cannot be read or files cannot be written
    public static Outcome finish(
            TrainResult result,
            Trainer.Job job,
            RunFolder folder,
            String command,
            Progress progress)
            throws IOException {
        BranchedModel model = result.model();
        LabelledImages test = job.data().test();
        Checkpoint.write(folder.trained(), model);
        Model shown = model;
        Outcome outcome;
        try {
            PlainModel plain = Fold.fold(model);
            Comparison comparison = Comparisons.of(model, plain, test, job.threads(), progress);
            if (comparison.agreement().holds()) {
                Checkpoint.write(folder.plain(), comparison.agreement().describe(plain));
            }
            outcome = new Outcome.Folded(comparison);
            shown = plain;
        } catch (NotFoldableException e) {
            outcome =
                    new Outcome.NotFolded(
                            Comparisons.figures(model, test, job.threads(), progress),
                            String.valueOf(e.getMessage()));
        }
        ReportWriter.write(
                folder.report(),
                TrainingReport.of(
                        job,
                        outcome,
                        result.history(),
                        mistakes(shown, job),
                        command,
                        model.provenance()));
        return outcome;
    }

    /// The first images of the test split that are answered wrongly.
    private static List<Mistake> mistakes(Model model, Trainer.Job job) throws IOException {
        LabelledImages test = job.data().test();
        List<String> names = model.input().classNames();
        ClassMapping mapping = ClassMapping.of(model.spec().classes(), names, test.classNames());
        List<Mistake> mistakes = new ArrayList<>();
        try (Classifier classifier = Runtimes.load(model, new RuntimeOptions(job.threads()));
                var batches = new ImageBatches(test, model.input(), job.threads())) {
            while (batches.hasNext() && mistakes.size() < SHOWN_MISTAKES) {
                ImageBatches.Batch batch = batches.next();
                if (batch.indices().isEmpty()) {
                    continue;
                }
                Tensor logits = classifier.logits(batch.images());
                for (int row = 0; row < batch.indices().size(); row++) {
                    int index = batch.indices().get(row);
                    int label = mapping.outputs().get(test.label(index));
                    Prediction best = Prediction.best(logits, row, names, 1).getFirst();
                    if (best.label() != label && mistakes.size() < SHOWN_MISTAKES) {
                        mistakes.add(
                                new Mistake(
                                        test.image(index),
                                        test.name(index),
                                        names.get(label),
                                        best.name(),
                                        best.probability()));
                    }
                }
            }
        }
        return mistakes;
    }
}
