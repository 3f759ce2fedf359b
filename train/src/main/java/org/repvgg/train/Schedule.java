package org.repvgg.train;

/// The learning rate of every step: a linear rise, then a half cosine down to zero.
///
/// `rate(s) = peak * (s + 1) / warmup` for `s < warmup`, then `peak * (1 + cos(pi * (s - warmup) /
/// (steps - warmup))) / 2`.
record Schedule(double peak, long warmupSteps, long steps) {

    static Schedule of(Recipe recipe, int stepsPerEpoch) {
        return new Schedule(
                recipe.peakLearningRate(),
                Math.round(recipe.warmupEpochs() * stepsPerEpoch),
                (long) recipe.epochs() * stepsPerEpoch);
    }

    /// @param step from 0, over the whole training
    double learningRate(long step) {
        if (step < warmupSteps) {
            return peak * (step + 1) / warmupSteps;
        }
        double done = (double) (step - warmupSteps) / Math.max(1, steps - warmupSteps);
        return peak * (1 + Math.cos(Math.PI * done)) / 2;
    }
}
