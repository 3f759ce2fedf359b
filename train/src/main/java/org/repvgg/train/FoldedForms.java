package org.repvgg.train;

import java.util.LinkedHashMap;
import java.util.Map;
import org.repvgg.fold.Fold;
import org.repvgg.fold.NotFoldableException;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.Model;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.Classifier;
import org.repvgg.runtime.RuntimeOptions;
import org.repvgg.runtime.Runtimes;

/// The quickest way to a network's answers, and what it is made of.
final class FoldedForms {
    private static final String KERNEL = ".rbr_reparam.weight";

    private FoldedForms() {}

    /// Loads the plain form; branch by branch what cannot be folded.
    static Classifier load(Model model, int threads) {
        return Runtimes.load(folded(model), new RuntimeOptions(threads));
    }

    /// The values of the plain form's kernels by block, in order; of none where it cannot be
    /// folded.
    static Map<String, float[]> kernels(BranchedModel model) {
        Map<String, float[]> kernels = new LinkedHashMap<>();
        if (folded(model) instanceof PlainModel plain) {
            ReferenceNames.tensors(plain)
                    .forEach(
                            (name, tensor) -> {
                                if (name.endsWith(KERNEL)) {
                                    String block =
                                            name.substring(0, name.length() - KERNEL.length());
                                    kernels.put(block, tensor.unsafeArray());
                                }
                            });
        }
        return kernels;
    }

    private static Model folded(Model model) {
        try {
            return model instanceof BranchedModel branched ? Fold.fold(branched) : model;
        } catch (NotFoldableException _) {
            return model;
        }
    }
}
