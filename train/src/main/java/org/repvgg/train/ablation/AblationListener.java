package org.repvgg.train.ablation;

import org.repvgg.evaluate.Progress;
import org.repvgg.train.TrainListener;

/// Hears how an ablation goes, on the thread that trains.
public interface AblationListener {
    /// Hears of the trainings, one after the other.
    TrainListener training();

    /// Hears of the images answered when both forms are measured after a training.
    Progress measuring();

    /// A training begins, or goes on.
    ///
    /// @param number its place in the order, from 1
    /// @param of how many there are, finished ones included
    default void begins(Variant variant, long seed, int number, int of) {}

    /// A training has ended and was measured.
    default void done(RunFigures figures) {}

    /// A training cannot go on; the others do.
    default void failed(Variant variant, long seed, String why) {}
}
