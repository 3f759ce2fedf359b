package org.repvgg.train;

/// One line of a training's history.
///
/// @param epoch from 1
/// @param loss mean training loss
/// @param top1 fraction right on the test split
/// @param learningRate at the end of the epoch
/// @param imagesPerSecond training rate, evaluation not counted
/// @param seconds wall time since the training began, over all resumed parts
public record EpochRecord(
        int epoch,
        double loss,
        double top1,
        double learningRate,
        double imagesPerSecond,
        double seconds) {}
