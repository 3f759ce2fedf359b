package org.repvgg.train;

/// Hears how a training goes, on the thread that trains.
public interface TrainListener {
    /// Something a person should know: what the engine chose, which images are broken, where a
    /// resumed training goes on.
    default void message(String line) {}

    /// What to give to go on with a training that stopped, for messages; empty for nothing.
    default String resumption() {
        return "--resume";
    }

    /// @param step steps done in this epoch, from 1
    default void stepDone(int epoch, int step, int steps, double loss, double imagesPerSecond) {}

    /// @param etaSeconds what is left of the training at the present rate
    default void epochDone(EpochRecord epoch, int epochs, double etaSeconds) {}
}
