package org.repvgg.evaluate;

import org.repvgg.spec.Form;

/// The before/after table of a fold.
///
/// @param train figures of the training form
/// @param plain figures of the plain form
/// @param agreement whether both answer alike
public record Comparison(Figures train, Figures plain, Agreement agreement) {

    /// @param parameters weights, running statistics not counted
    /// @param parameterBytes 4 bytes each
    /// @param multiplyAdds for one image of the network's input size
    /// @param evaluation accuracy on the test split
    /// @param imagesPerSecond rate of the classifier alone, images already in memory
    public record Figures(
            Form form,
            long parameters,
            long parameterBytes,
            long multiplyAdds,
            Evaluation evaluation,
            double imagesPerSecond) {}
}
