package org.repvgg.train;

import org.repvgg.fold.Fold;
import org.repvgg.fold.NotFoldableException;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.Model;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.runtime.Runtimes;

/// The quickest way to a network's answers.
final class FoldedForms {
    private FoldedForms() {}

    /// Loads the plain form; branch by branch what cannot be folded.
    static Classifier load(Model model, int threads) {
        return Runtimes.load(folded(model), new RuntimeOptions(threads));
    }

    private static Model folded(Model model) {
        try {
            return model instanceof BranchedModel branched ? Fold.fold(branched) : model;
        } catch (NotFoldableException _) {
            return model;
        }
    }
}
