package org.repvgg.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.repvgg.format.DidYouMean;
import org.repvgg.train.Recipe;
import picocli.CommandLine.Option;

/// A recipe by its name, and what is most often changed in it; shared by the verbs that train.
final class RecipeChoice {
    @Option(
            names = "--recipe",
            completionCandidates = Candidates.Recipes.class,
            paramLabel = "R",
            description =
                    "paper (120 epochs), baseline (80, for small images), teacher (48) and taught (80) for two"
                            + " networks of which one learns from the other, fast (15) and best (30, with a"
                            + " teacher) for small images and a few wide layers, quick (12), or finetune (30,"
                            + " for trained weights, unless given with --init); baseline unless given.")
    @Nullable String name;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            description = "Train N epochs; the recipe's unless given.")
    @Nullable Integer epochs;

    @Option(
            names = "--batch",
            paramLabel = "B",
            description = "Images a batch; the recipe's unless given.")
    @Nullable Integer batch;

    @Option(
            names = "--lr",
            paramLabel = "F",
            description = "Peak learning rate; the recipe's unless given.")
    @Nullable Double learningRate;

    /// @param usual name of the recipe that is taken if none is given
    /// @throws UserError if there is no recipe of that name
    Recipe choose(String usual) {
        String wanted = name == null ? usual : name;
        Recipe found =
                Recipe.find(wanted)
                        .orElseThrow(
                                () -> {
                                    List<String> names =
                                            Recipe.all().stream().map(Recipe::name).toList();
                                    return new UserError(
                                            "unknown recipe '%s'%s: use one of %s",
                                            wanted,
                                            DidYouMean.hint(wanted, names),
                                            String.join(", ", names));
                                });
        found = epochs == null ? found : found.withEpochs(epochs);
        found = batch == null ? found : found.withBatchSize(batch);
        return learningRate == null ? found : found.withPeakLearningRate(learningRate);
    }
}
