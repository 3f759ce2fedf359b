package org.repvgg.train;

import java.util.List;
import org.repvgg.model.BranchedModel;

/// What a training gives.
///
/// @param model   the training form after the last epoch (its moving average, if the recipe has one); no epoch is picked by
///                its accuracy, for that would flatter the figure
/// @param history every epoch
/// @param engine  what trained it, in one line
public record TrainResult(BranchedModel model, List<EpochRecord> history, String engine) {}
