package org.repvgg.evaluate;

import java.util.List;
import java.util.Map;
import org.repvgg.model.PlainModel;

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
public record Agreement(
        double maxAbsDifference,
        double top1Agreement,
        int images,
        int disagreements,
        int ties,
        double tolerance,
        List<Layer> layers) {

    /// Whether the difference is within the tolerance and no image but ties is answered otherwise.
    public boolean holds() {
        return maxAbsDifference <= tolerance && disagreements == 0;
    }

    /// The second of the two as a plain form that tells in its provenance how well it agreed.
    public PlainModel describe(PlainModel plain) {
        return plain.withProvenance(
                plain.provenance()
                        .with(
                                Map.of(
                                        "fold.maxAbsDifference",
                                        Double.toString(maxAbsDifference),
                                        "fold.images",
                                        Integer.toString(images))));
    }

    /// @param name the block's place: `stage3.7`
    /// @param maxAbsDifference largest difference of any activation
    /// @param maxAbsValue largest activation of the first classifier, for scale
    public record Layer(String name, double maxAbsDifference, double maxAbsValue) {}
}
