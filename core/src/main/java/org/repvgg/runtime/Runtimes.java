package org.repvgg.runtime;

import org.repvgg.model.BranchedModel;
import org.repvgg.model.Model;
import org.repvgg.model.PlainModel;

/// Weights in, [Classifier] out: the right runtime for either form.
public final class Runtimes {
    private Runtimes() {}

    /// Makes `model` ready to answer; [RuntimeOptions#defaults] suit most.
    ///
    /// @throws IllegalArgumentException if its weights do not fit each other, naming the place
    public static Classifier load(Model model, RuntimeOptions options) {
        return switch (model) {
            case PlainModel plain -> PlainRuntime.load(plain, options);
            case BranchedModel branched -> BranchedRuntime.load(branched, options);
        };
    }
}
