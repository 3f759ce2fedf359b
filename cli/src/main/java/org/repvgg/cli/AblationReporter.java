package org.repvgg.cli;

import org.repvgg.train.Recipe;
import org.repvgg.train.TrainListener;
import org.repvgg.train.ablation.AblationListener;
import org.repvgg.train.ablation.RunFigures;
import org.repvgg.train.ablation.Variant;

/// Prints what an ablation tells.
///
/// @param steps progress of the epoch at work
/// @param measuring progress of the judging after a training
record AblationReporter(
        Console console, TrainListener training, ProgressLine steps, ProgressLine measuring)
        implements AblationListener, AutoCloseable {

    static AblationReporter of(Console console, Recipe recipe) {
        ProgressLine steps = console.progress("training", "images");
        return new AblationReporter(
                console,
                new TrainingReporter(console, steps, recipe, "the same command"),
                steps,
                console.progress("measuring both forms", "images"));
    }

    @Override
    public void begins(Variant variant, long seed, int number, int of) {
        note(
                "training %d of %d: %s, seed %d: %s",
                number, of, variant.title(), seed, variant.flags());
    }

    @Override
    public void done(RunFigures figures) {
        note(
                "%s-%d: top-1 %s, %s",
                figures.variant(),
                figures.seed(),
                Numbers.percent(figures.top1()),
                figures.plain()
                        .map(
                                form ->
                                        "folded, logits differ by "
                                                + Numbers.small(form.maxAbsDifference()))
                        .orElse("not folded"));
    }

    @Override
    public void failed(Variant variant, long seed, String why) {
        note("%s-%d failed: %s", variant, seed, why);
    }

    private void note(String format, Object... values) {
        close();
        console.note(format, values);
    }

    @Override
    public void close() {
        steps.close();
        measuring.close();
    }
}
