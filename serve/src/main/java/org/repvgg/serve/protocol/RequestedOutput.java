package org.repvgg.serve.protocol;

import static org.repvgg.tensor.Checks.checkArgument;

/// One tensor that a caller wants, and in which form.
///
/// @param binary whether it goes behind the JSON, as bytes
/// @param classification how many classes to name, best first; 0 for all scores, as numbers
public record RequestedOutput(OutputTensor tensor, boolean binary, int classification) {
    public RequestedOutput {
        checkArgument(classification >= 0, "classification cannot be negative: %s", classification);
    }
}
