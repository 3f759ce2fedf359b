package org.repvgg.cli;

import org.jspecify.annotations.Nullable;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.train.Mixup;
import org.repvgg.train.Recipe;
import org.repvgg.train.RecipeBuilder;
import org.repvgg.train.RepOptimizer;
import org.repvgg.train.WhitenedStem;
import picocli.CommandLine.Option;

/// Flags that vary a recipe.
final class RecipeOptions {
    static final String HEADING = "%nVary the recipe:%n";

    @Option(
            names = "--accumulate",
            paramLabel = "N",
            description =
                    "Add up the gradients of N batches for a step, as if it had N times the images; every batch"
                            + " is normalised by itself.")
    @Nullable Integer accumulation;

    @Option(
            names = "--repeat",
            paramLabel = "N",
            description =
                    "Let every batch come N times in turn, its images changed anew each time; with --accumulate N"
                            + " they make one step. An epoch takes N times as long. 1 unless given.")
    @Nullable Integer repeats;

    @Option(
            names = "--mixup",
            paramLabel = "ALPHA",
            description =
                    "Blend images and their targets in pairs, weighted by a number from Beta(ALPHA, ALPHA): 0.2 or"
                            + " 1; 0 for no.")
    @Nullable Double mixup;

    @Option(
            names = "--norm-bias-rate",
            paramLabel = "F",
            description =
                    "Multiply the learning rate by F for the biases of batch norms; 1 unless given.")
    @Nullable Double normBiasRate;

    @Option(
            names = "--body-rate",
            paramLabel = "F",
            description =
                    "Multiply the learning rate by F for all but the classifier and auxiliary heads: 0.1 for a"
                            + " trained body under a new head; the recipe's unless given.")
    @Nullable Double bodyRate;

    @Option(
            names = "--rep-optimizer",
            description =
                    "Train a plain network, --branches conv3x3, along the path of one with branches: they are in"
                            + " its first weights and in what its gradients are multiplied by.")
    boolean repOptimizer;

    @Option(
            names = "--whiten",
            description =
                    "Begin with a first layer of whitening filters, measured on the training images, and leave it"
                            + " as it is.")
    boolean whitened;

    @Option(
            names = "--freeze",
            paramLabel = "STAGE",
            description =
                    "Leave that stage and all before it as they are: stem, or stage1 to the last.")
    @Nullable String frozen;

    @Option(
            names = "--balance",
            description =
                    "Draw every class as often, images of rare ones again and again: an image of a class with k of"
                            + " all n comes n / (classes * k) times an epoch.")
    boolean balanced;

    @Option(
            names = "--patience",
            paramLabel = "N",
            description =
                    "End after N epochs without a better top-1, and take the best epoch's network, though the test"
                            + " split picked it. The learning rate falls as if no epoch were left out, so the"
                            + " end may come before it is small; 0 for no, unless given.")
    @Nullable Integer patience;

    @Option(
            names = "--recompute-statistics",
            paramLabel = "IMAGES",
            description =
                    "Replace the running statistics of the last epoch's network by those over that many training"
                            + " images, before it is judged and folded; 0 for no, unless given.")
    @Nullable Integer statisticsImages;

    /// @param spec of the network that is trained
    Recipe vary(Recipe base, RepVggSpec spec) {
        RecipeBuilder builder = base.toBuilder();
        if (accumulation != null) {
            builder.accumulation(accumulation);
        }
        if (repeats != null) {
            builder.repeats(repeats);
        }
        if (normBiasRate != null) {
            builder.normBiasRate(normBiasRate);
        }
        if (bodyRate != null) {
            builder.bodyRate(bodyRate);
        }
        if (repOptimizer) {
            RepOptimizer.check(spec);
            builder.repOptimizer(true);
        }
        if (balanced) {
            builder.balanced(true);
        }
        if (patience != null) {
            builder.patience(patience);
        }
        if (whitened) {
            builder.whitened(true).frozenStages(Math.max(base.frozenStages(), 1));
        }
        if (frozen != null) {
            builder.frozenStages(StageOption.parse("--freeze", spec, frozen) + 1);
        }
        if (statisticsImages != null) {
            builder.statisticsImages(statisticsImages);
        }
        if (mixup != null) {
            builder.mixup(new Mixup(mixup));
        }
        Recipe varied = builder.build();
        if (varied.whitened()) {
            WhitenedStem.check(spec);
        }
        return varied;
    }
}
