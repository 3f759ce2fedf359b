package org.repvgg.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;

/// A trained network that a training begins from: transfer learning.
///
/// Every block keeps its weights and running statistics, and the input its normalisation, for which
/// they were learnt. The head stays where the data has the very classes it was trained on, in their
/// order, and is drawn anew elsewhere. Momentum begins at zero.
///
/// @param name what people call it: its file's name
/// @param model the training form
public record Pretrained(String name, BranchedModel model) {
    /// Whether the head answers these classes. One that does not know its classes' names is taken
    /// to know as many as it has outputs.
    public boolean knows(List<String> classNames) {
        List<String> own = model.input().classNames();
        return own.isEmpty() ? model.spec().classes() == classNames.size() : own.equals(classNames);
    }

    /// Where the training begins.
    ///
    /// @param height of the images, which need not be that of [#model]
    /// @param width likewise
    /// @param classNames the data's
    /// @param seed of a new head
    public BranchedModel initial(int height, int width, List<String> classNames, long seed) {
        InputSpec input = model.input().withSize(height, width).withClassNames(classNames);
        BranchedModel start =
                knows(classNames)
                        ? model
                        : InitialWeights.withNewHead(model, classNames.size(), seed);
        return start.withInput(input);
    }

    /// What makes two of them the same, as text.
    Map<String, String> facts() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("init", name);
        facts.put("init digest", WeightDigest.of(model));
        return facts;
    }
}
