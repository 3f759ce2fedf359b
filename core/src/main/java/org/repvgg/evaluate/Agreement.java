package org.repvgg.evaluate;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.repvgg.model.Model;
import org.repvgg.model.PlainModel;
import org.repvgg.model.Provenance;
import org.repvgg.spec.Form;

/// Do two classifiers answer alike?
///
/// A tie is an image whose two best logits lie closer together than the tolerance: its top-1 may
/// differ without meaning.
///
/// @param maxAbsDifference largest `|a - b|` over all logits
/// @param top1Agreement fraction of images with the same best class
/// @param images images compared
/// @param disagreements images with another best class, ties apart
/// @param ties images with another best class whose margin is within the tolerance
/// @param tolerance largest difference accepted, absolute
/// @param layers largest difference after each block, in order; empty unless asked for
/// @param accuracy of the two, where the images have labels and the networks their names; else null
public record Agreement(
        double maxAbsDifference,
        double top1Agreement,
        int images,
        int disagreements,
        int ties,
        double tolerance,
        List<Layer> layers,
        @Nullable Accuracy accuracy) {

    /// Whether the difference is within the tolerance and no image but ties is answered otherwise.
    public boolean holds() {
        return maxAbsDifference <= tolerance && disagreements == 0;
    }

    /// The second of the two as a plain form that tells in its provenance how well it agreed with
    /// the training form, and how accurate both are.
    public PlainModel describe(PlainModel plain) {
        Provenance noted =
                plain.provenance()
                        .with(
                                Map.of(
                                        "fold.maxAbsDifference",
                                        Double.toString(maxAbsDifference),
                                        "fold.images",
                                        Integer.toString(images)));
        return plain.withProvenance(
                accuracy == null
                        ? noted
                        : noted.withTop1(Form.TRAIN, accuracy.first, images)
                                .withTop1(Form.PLAIN, accuracy.second, images));
    }

    /// The second of the two as the first one stored in half precision: tells in its provenance how
    /// far its answers have moved, and how accurate it is now.
    public Model describeHalf(Model stored) {
        Provenance noted =
                stored.provenance()
                        .with(
                                Map.of(
                                        "half.maxAbsDifference",
                                        Double.toString(maxAbsDifference),
                                        "half.top1Agreement",
                                        Double.toString(top1Agreement),
                                        "half.images",
                                        Integer.toString(images)));
        return stored.withProvenance(
                accuracy == null ? noted : noted.withTop1(stored.form(), accuracy.second, images));
    }

    /// @param name the block's place: `stage3.7`
    /// @param maxAbsDifference largest difference of any activation
    /// @param maxAbsValue largest activation of the first classifier, for scale
    public record Layer(String name, double maxAbsDifference, double maxAbsValue) {}

    /// Fractions of the images whose best class is their label.
    ///
    /// @param first of the first classifier
    /// @param second of the second
    public record Accuracy(double first, double second) {}
}
