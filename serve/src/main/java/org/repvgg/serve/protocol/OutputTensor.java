package org.repvgg.serve.protocol;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.repvgg.tensor.Tensor;

/// What a network can be asked for, each `[n,classes]`.
public enum OutputTensor {
    /// Scores before softmax.
    LOGITS("logits"),
    /// Scores after softmax.
    PROBABILITIES("probabilities");

    private final String wireName;

    OutputTensor(String wireName) {
        this.wireName = wireName;
    }

    /// As requests and answers call it.
    public String wireName() {
        return wireName;
    }

    static OutputTensor parse(String name, String place) throws ProtocolException {
        for (OutputTensor tensor : values()) {
            if (tensor.wireName.equals(name)) {
                return tensor;
            }
        }
        String names =
                Arrays.stream(values())
                        .map(tensor -> "'" + tensor.wireName + "'")
                        .collect(Collectors.joining(" or "));
        throw ProtocolException.wrong(
                "%s must be %s, not %s", place, names, ProtocolException.quote(name));
    }

    /// @param logits `[n,classes]`; not modified
    Tensor from(Tensor logits) {
        return switch (this) {
            case LOGITS -> logits;
            case PROBABILITIES -> Softmax.rows(logits);
        };
    }
}
