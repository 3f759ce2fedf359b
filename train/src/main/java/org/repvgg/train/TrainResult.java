package org.repvgg.train;

import java.util.List;
import org.repvgg.model.BranchedModel;

/// What a training gives.
///
/// @param model the training form after the last epoch (its moving average, if the recipe has one);
///   no epoch is picked by its accuracy, for that would flatter the figure, unless the recipe has a
///   [Patience]: then it is the best epoch's
/// @param history every epoch
/// @param broken one line for each training image that could not be read
/// @param engine what trained it, in one line
public record TrainResult(
        BranchedModel model, List<EpochRecord> history, List<String> broken, String engine) {
    public TrainResult {
        history = List.copyOf(history);
        broken = List.copyOf(broken);
    }
}
