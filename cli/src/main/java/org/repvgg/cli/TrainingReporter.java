package org.repvgg.cli;

import java.util.Locale;
import org.repvgg.train.EpochRecord;
import org.repvgg.train.Recipe;
import org.repvgg.train.TrainListener;

/// Prints what a trainer tells.
///
/// @param line of the epoch at work
/// @param resumption what goes on with a training that stopped: `--resume`; empty for nothing
record TrainingReporter(Console console, ProgressLine line, Recipe recipe, String resumption)
        implements TrainListener {

    @Override
    public void message(String text) {
        line.close();
        console.note("%s", text);
    }

    @Override
    public void stepDone(int epoch, int step, int steps, double loss, double imagesPerSecond) {
        long images = (long) recipe.batchSize() * recipe.accumulation();
        line.at(step * images, steps * images);
    }

    @Override
    public void epochDone(EpochRecord epoch, int epochs, double etaSeconds) {
        message(
                String.format(
                        Locale.ROOT,
                        "epoch %d/%d  loss %.4f  top-1 %s  %s images/s  %s left",
                        epoch.epoch(),
                        epochs,
                        epoch.loss(),
                        Numbers.percent(epoch.top1()),
                        Numbers.rate(epoch.imagesPerSecond()),
                        Numbers.duration(etaSeconds)));
    }
}
