package org.repvgg.train;

import static java.util.Map.entry;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.LinkedHashMap;
import java.util.Map;

/// A recipe as text, for people and to tell whether two are the same.
final class RecipeFacts {
    /// What becomes of gradients with [Recipe#repOptimizer].
    static final String MULTIPLIED = "multiplied (RepOptimizer, s = t = sqrt(2/l))";

    private static final String WHITENED = "whitening filters of the images' patches";

    private RecipeFacts() {}

    /// Every field, in order.
    static Map<String, String> of(Recipe recipe) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("recipe", recipe.name());
        facts.put("epochs", Integer.toString(recipe.epochs()));
        facts.put("batch size", Integer.toString(recipe.batchSize()));
        facts.put(
                "accumulation",
                recipe.accumulation() == 1 ? "none" : recipe.accumulation() + " batches a step");
        facts.put(
                "repeats",
                recipe.repeats() == 1 ? "none" : "every batch " + recipe.repeats() + " times");
        facts.put("peak learning rate", text(recipe.peakLearningRate()));
        facts.put("warm-up epochs", text(recipe.warmupEpochs()));
        facts.put("momentum", text(recipe.momentum()) + (recipe.nesterov() ? ", Nesterov" : ""));
        facts.put("weight decay", text(recipe.weightDecay()));
        facts.put("weight decay of identities", text(recipe.identityDecay()));
        facts.put("rate of the norms' biases", text(recipe.normBiasRate()));
        facts.put("rate of the body", text(recipe.bodyRate()));
        facts.put("gradients", recipe.repOptimizer() ? MULTIPLIED : "as they are");
        facts.put("stem", recipe.whitened() ? WHITENED : "as it is drawn");
        facts.put("label smoothing", text(recipe.labelSmoothing()));
        facts.put("augmentation", recipe.augmentation().toString());
        facts.put("CutMix", recipe.cutMix().toString());
        facts.put("mixup", recipe.mixup().toString());
        facts.put(
                "rest",
                recipe.rest() == 0 ? "none" : "the last " + text(recipe.rest()) + " of the epochs");
        facts.put("frozen", FrozenStages.text(recipe.frozenStages()));
        facts.put("balance", recipe.balanced() ? "every class as often" : "none");
        facts.put("patience", new Patience(recipe.patience()).toString());
        facts.put(
                "weight average",
                recipe.averageDecay() == 0
                        ? "none"
                        : "decay " + text(recipe.averageDecay()) + " a step");
        facts.put(
                "recomputed statistics",
                recipe.statisticsImages() == 0
                        ? "none"
                        : "over " + recipe.statisticsImages() + " images");
        return facts;
    }

    /// What a checkpoint says by leaving it out: values of facts that are younger than it may be.
    static Map<String, String> implied() {
        return Map.ofEntries(
                entry("accumulation", "none"),
                entry("repeats", "none"),
                entry("rate of the norms' biases", "1"),
                entry("rate of the body", "1"),
                entry("gradients", "as they are"),
                entry("stem", "as it is drawn"),
                entry("frozen", "none"),
                entry("balance", "none"),
                entry("patience", "none"),
                entry("recomputed statistics", "none"),
                entry("mixup", "none"));
    }

    /// As people write it, in six digits: 0.0005, not 5.0E-4; 0.833333 warm-up epochs.
    private static String text(double value) {
        return BigDecimal.valueOf(value)
                .round(new MathContext(6))
                .stripTrailingZeros()
                .toPlainString();
    }
}
