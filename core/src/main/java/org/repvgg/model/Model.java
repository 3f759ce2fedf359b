package org.repvgg.model;

import org.repvgg.spec.Form;
import org.repvgg.spec.RepVggSpec;

/// Spec plus weights, in one of the two forms.
public sealed interface Model permits BranchedModel, PlainModel {

    RepVggSpec spec();

    InputSpec input();

    Provenance provenance();

    /// Which of the two it is.
    default Form form() {
        return switch (this) {
            case BranchedModel _ -> Form.TRAIN;
            case PlainModel _ -> Form.PLAIN;
        };
    }

    /// The same weights with another input description.
    Model withInput(InputSpec other);

    /// The same weights with another provenance.
    Model withProvenance(Provenance other);
}
