package org.repvgg.serve.protocol;

import static org.repvgg.serve.protocol.ProtocolException.wrong;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Collects one requested output, field by field, in whatever order they come.
final class OutputReader {
    private final JsonReader json;
    private final String place;
    private @Nullable OutputTensor tensor;
    private @Nullable Boolean binary;
    private int classification;

    OutputReader(JsonReader json, String place) {
        this.json = json;
        this.place = place;
    }

    void read() throws ProtocolException {
        json.fields(place, Map.of("name", this::readName, "parameters", this::readParameters));
    }

    private void readName() throws ProtocolException {
        tensor = OutputTensor.parse(json.text(place + ".name"), place + ".name");
    }

    private void readParameters() throws ProtocolException {
        String here = place + ".parameters";
        json.fields(
                here,
                Map.of(
                        "binary_data", () -> binary = json.flag(here + ".binary_data"),
                        "classification", () -> readClassification(here + ".classification")));
    }

    private void readClassification(String here) throws ProtocolException {
        long classes = json.wholeNumber(here);
        if (classes < 0) {
            throw wrong("%s must be at least 0, not %s", here, classes);
        }
        classification = (int) Math.min(classes, Integer.MAX_VALUE);
    }

    OutputTensor tensor() throws ProtocolException {
        if (tensor == null) {
            throw wrong("%s.name is missing", place);
        }
        return tensor;
    }

    /// @param byDefault whether the output is binary where it does not say
    RequestedOutput requested(boolean byDefault) throws ProtocolException {
        return new RequestedOutput(tensor(), binary == null ? byDefault : binary, classification);
    }
}
