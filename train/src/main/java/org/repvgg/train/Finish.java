package org.repvgg.train;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.repvgg.data.LabelledImages;
import org.repvgg.evaluate.Agreement;
import org.repvgg.evaluate.AgreementCheck;
import org.repvgg.evaluate.Comparison;
import org.repvgg.evaluate.Evaluation;
import org.repvgg.evaluate.Evaluator;
import org.repvgg.evaluate.ImageBatches;
import org.repvgg.evaluate.Progress;
import org.repvgg.evaluate.RateMeter;
import org.repvgg.fold.Fold;
import org.repvgg.fold.NotFoldableException;
import org.repvgg.format.Checkpoint;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InputSpec;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.BranchedRuntime;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.PlainRuntime;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.spec.Form;
import org.repvgg.spec.LayerTable;
import org.repvgg.tensor.Tensor;
import org.repvgg.train.report.ReportData.Outcome;

/// What follows a training: the trained network is written, folded, compared with its fold on every
/// test image, and both forms are measured.
public final class Finish {
    private final BranchedModel model;
    private final LabelledImages test;
    private final int threads;
    private final TrainListener listener;

    private Finish(BranchedModel model, Trainer.Job job, TrainListener listener) {
        this.model = model;
        this.test = job.data().test();
        this.threads = job.threads();
        this.listener = listener;
    }

    /// Writes [RunFolder#trained] and, where the network can be folded and the fold agrees,
    /// [RunFolder#plain].
    ///
    /// @return the figures of both forms; of the training form alone where it cannot be folded
    /// @throws IOException if data cannot be read or files cannot be written
    public static Outcome finish(
            TrainResult result, Trainer.Job job, RunFolder folder, TrainListener listener)
            throws IOException {
        BranchedModel model = result.model();
        Checkpoint.write(folder.trained(), model);
        var finish = new Finish(model, job, listener);
        try {
            Fold.checkFoldable(model.spec());
        } catch (NotFoldableException e) {
            return finish.notFolded(String.valueOf(e.getMessage()));
        }
        PlainModel plain = Fold.fold(model);
        Comparison comparison = finish.compare(plain);
        if (comparison.agreement().holds()) {
            Checkpoint.write(folder.plain(), plain);
        }
        return new Outcome.Folded(comparison);
    }

    private Outcome notFolded(String reason) throws IOException {
        try (Classifier branched = BranchedRuntime.load(model, new RuntimeOptions(threads))) {
            List<Double> rates = rates(List.of(branched));
            return new Outcome.NotFolded(
                    figures(Form.TRAIN, evaluate(branched), rates.getFirst()), reason);
        }
    }

    private Comparison compare(PlainModel plainModel) throws IOException {
        RuntimeOptions options = new RuntimeOptions(threads);
        try (Classifier branched = BranchedRuntime.load(model, options);
                Classifier plain = PlainRuntime.load(plainModel, options)) {
            listener.message("comparing both forms on " + test.size() + " images");
            Agreement agreement = agreement(branched, plain);
            Evaluation before = evaluate(branched);
            Evaluation after = evaluate(plain);
            listener.message("measuring both forms");
            List<Double> rates = rates(List.of(branched, plain));
            return new Comparison(
                    figures(Form.TRAIN, before, rates.getFirst()),
                    figures(Form.PLAIN, after, rates.getLast()),
                    agreement);
        }
    }

    private Agreement agreement(Classifier a, Classifier b) {
        try (var batches = new ImageBatches(test, model.input(), threads)) {
            return AgreementCheck.compare(a, b, readable(batches), false);
        }
    }

    private Evaluation evaluate(Classifier classifier) throws IOException {
        return Evaluator.evaluate(classifier, test, threads, Progress.NONE);
    }

    private Comparison.Figures figures(Form form, Evaluation evaluation, double rate) {
        InputSpec input = model.input();
        LayerTable table = LayerTable.of(model.spec(), form, input.height(), input.width());
        return new Comparison.Figures(
                form,
                table.parameters(),
                table.parameterBytes(),
                table.multiplyAdds(),
                evaluation,
                rate);
    }

    private List<Double> rates(List<Classifier> classifiers) {
        try (var batches = new ImageBatches(test, model.input(), threads)) {
            Tensor images = readable(batches).next();
            return RateMeter.quick().imagesPerSecond(classifiers, images);
        }
    }

    /// The batches that have an image left.
    private static Iterator<Tensor> readable(ImageBatches batches) {
        return new Iterator<>() {
            private @Nullable Tensor next;

            @Override
            public boolean hasNext() {
                while (next == null && batches.hasNext()) {
                    ImageBatches.Batch batch = batches.next();
                    next = batch.indices().isEmpty() ? null : batch.images();
                }
                return next != null;
            }

            @Override
            public Tensor next() {
                Tensor images = hasNext() ? next : null;
                next = null;
                if (images == null) {
                    throw new NoSuchElementException("no more images");
                }
                return images;
            }
        };
    }
}
