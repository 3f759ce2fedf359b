package org.repvgg.train;

import java.util.Map;
import org.repvgg.model.BranchedModel;

/// Makes the engine of a training.
public interface EngineFactory {
    /// @param initial where to start from
    /// @param choices what [TrainingEngine#choices] said when the training began; empty at the
    ///   beginning
    TrainingEngine start(BranchedModel initial, Map<String, String> choices);
}
