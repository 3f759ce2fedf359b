package org.repvgg.evaluate;

import static org.repvgg.tensor.Checks.checkArgument;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.repvgg.data.LabelledImages;
import org.repvgg.runtime.Classifier;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

/// Compares two classifiers on the same images: largest difference of any logit, images with
/// another best class, and, if asked, the largest difference after each block.
///
/// The tolerance is [Tolerances#forLogits] at the standard deviation of the first classifier's
/// logits over all images.
public final class AgreementCheck {
    private static final int NO_LABEL = -1;

    private final Classifier a;
    private final Classifier b;
    private final LayerDifferences layers;
    private final List<Double> marginsOfDisagreement = new ArrayList<>();
    private double maxAbsDifference;
    private int images;
    private int rightOfFirst;
    private int rightOfSecond;

    /// Running mean and sum of squared deviations of the first classifier's logits (Welford).
    private long count;

    private double mean;
    private double squares;

    private AgreementCheck(Classifier a, Classifier b, boolean withLayers) {
        checkComparable(a.spec(), b.spec());
        this.a = a;
        this.b = b;
        this.layers =
                withLayers ? LayerDifferences.of(a.spec(), b.spec()) : LayerDifferences.none();
    }

    /// Refuses two networks whose answers are not of one kind, before they are loaded.
    ///
    /// @throws IllegalArgumentException if they differ in channels or classes
    public static void checkComparable(RepVggSpec a, RepVggSpec b) {
        checkArgument(
                a.classes() == b.classes(),
                "the two answer different numbers of classes: %s and %s",
                a.classes(),
                b.classes());
        checkArgument(
                a.inputChannels() == b.inputChannels(),
                "the two want different input channels: %s and %s",
                a.inputChannels(),
                b.inputChannels());
    }

    /// @param batches each `[n,c,h,w]`; every one is asked for once
    /// @param withLayers whether to look at every block's output; slower, and only where both have
    ///   the same blocks
    /// @throws IllegalArgumentException if the two differ in channels, classes or, with layers, in
    ///   blocks, or if there are no images
    public static Agreement compare(
            Classifier a, Classifier b, Iterator<Tensor> batches, boolean withLayers) {
        AgreementCheck check = new AgreementCheck(a, b, withLayers);
        while (batches.hasNext()) {
            check.compare(batches.next(), _ -> NO_LABEL);
        }
        return check.agreement(false);
    }

    /// Likewise, on the images of a split, prepared as `a` wants them; those that cannot be read
    /// are left out. Both are judged by the labels, too, where `a` knows the names of all classes.
    ///
    /// @param threads threads that decode and prepare images while the classifiers work
    /// @throws IOException if not one image can be read
    public static Agreement compare(
            Classifier a,
            Classifier b,
            LabelledImages images,
            boolean withLayers,
            int threads,
            Progress progress)
            throws IOException {
        AgreementCheck check = new AgreementCheck(a, b, withLayers);
        List<Integer> outputs =
                ClassMapping.byName(a.input().classNames(), images.classNames())
                        .map(ClassMapping::outputs)
                        .orElse(List.of());
        int seen = 0;
        String firstBroken = "";
        try (var batches = new ImageBatches(images, a.input(), threads)) {
            while (batches.hasNext()) {
                ImageBatches.Batch batch = batches.next();
                List<Integer> labels = labels(images, batch.indices(), outputs);
                check.compare(batch.images(), labels::get);
                seen += batch.indices().size() + batch.broken().size();
                firstBroken =
                        firstBroken.isEmpty() && !batch.broken().isEmpty()
                                ? batch.broken().getFirst()
                                : firstBroken;
                progress.at(seen, images.size());
            }
        }
        if (check.images == 0 && seen > 0) {
            throw new IOException(
                    "none of the %s images can be read: %s".formatted(seen, firstBroken));
        }
        return check.agreement(!outputs.isEmpty());
    }

    /// @param outputs the networks' output for each class of the data; empty where unknown
    private static List<Integer> labels(
            LabelledImages images, List<Integer> indices, List<Integer> outputs) {
        return indices.stream()
                .map(index -> outputs.isEmpty() ? NO_LABEL : outputs.get(images.label(index)))
                .toList();
    }

    /// @param labels the right class of each row, or [#NO_LABEL]
    private void compare(Tensor batch, IntUnaryOperator labels) {
        if (batch.shape().dimension(0) == 0) {
            return;
        }
        Tensor first = a.logits(batch, layers.first());
        Tensor second = b.logits(batch, layers.second());
        int classes = a.spec().classes();
        for (int row = 0; row < batch.shape().dimension(0); row++) {
            for (int i = row * classes; i < (row + 1) * classes; i++) {
                add(first.get(i), second.get(i));
            }
            Ranking ranking = Ranking.of(first, row);
            Ranking other = Ranking.of(second, row);
            if (ranking.best() != other.best()) {
                marginsOfDisagreement.add(ranking.margin());
            }
            int label = labels.applyAsInt(row);
            if (label != NO_LABEL) {
                rightOfFirst += ranking.rank(label) == 0 ? 1 : 0;
                rightOfSecond += other.rank(label) == 0 ? 1 : 0;
            }
            images++;
        }
    }

    /// `Math.max` keeps NaN: two networks that answer NaN agree on nothing.
    private void add(double first, double second) {
        maxAbsDifference = Math.max(maxAbsDifference, Math.abs(first - second));
        count++;
        double delta = first - mean;
        mean += delta / count;
        squares += delta * (first - mean);
    }

    private Agreement agreement(boolean labelled) {
        checkArgument(images > 0, "there are no images to compare on");
        double std = Math.sqrt(squares / count);
        double tolerance =
                Double.isFinite(std) ? Tolerances.forLogits(std) : Tolerances.UNIT_LOGITS;
        int ties = 0;
        for (double margin : marginsOfDisagreement) {
            ties += margin <= tolerance ? 1 : 0;
        }
        return new Agreement(
                maxAbsDifference,
                1 - (double) marginsOfDisagreement.size() / images,
                images,
                marginsOfDisagreement.size() - ties,
                ties,
                tolerance,
                layers.results(),
                labelled
                        ? new Agreement.Accuracy(
                                (double) rightOfFirst / images, (double) rightOfSecond / images)
                        : null);
    }
}
