package org.repvgg.serve.protocol;

import static org.repvgg.serve.protocol.ProtocolException.wrong;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Collects a request, field by field, in whatever order they come.
final class RequestReader {
    private final JsonReader json;
    private final Limits limits;
    private final List<OutputReader> outputs = new ArrayList<>();
    private @Nullable String id;
    private @Nullable InputReader input;
    private boolean binaryOutputs;

    RequestReader(JsonReader json, Limits limits) {
        this.json = json;
        this.limits = limits;
    }

    /// @param binary what follows the JSON, little-endian
    InferRequest read(ByteBuffer binary) throws ProtocolException {
        json.fields(
                "the request",
                Map.of(
                        "id", () -> id = json.text("id"),
                        "parameters", this::readParameters,
                        "inputs", () -> json.elements("inputs", this::readInput),
                        "outputs", () -> json.elements("outputs", this::readOutput)));
        json.end("the request");
        InputReader only = input;
        if (only == null) {
            throw wrong("inputs must hold one tensor, '%s'", InputReader.NAME);
        }
        return new InferRequest(id, only.images(binary), requestedOutputs());
    }

    private void readParameters() throws ProtocolException {
        json.fields(
                "parameters",
                Map.of(
                        "binary_data_output",
                        () -> binaryOutputs = json.flag("parameters.binary_data_output")));
    }

    private void readInput() throws ProtocolException {
        if (input != null) {
            throw wrong("inputs must hold one tensor, '%s', not several", InputReader.NAME);
        }
        input = new InputReader(json, limits);
        input.read();
    }

    private void readOutput() throws ProtocolException {
        var output = new OutputReader(json, "outputs[" + outputs.size() + "]");
        output.read();
        OutputTensor tensor = output.tensor();
        for (OutputReader other : outputs) {
            if (other.tensor() == tensor) {
                throw wrong("outputs hold '%s' twice", tensor.wireName());
            }
        }
        outputs.add(output);
    }

    /// All, if the caller does not choose.
    private List<RequestedOutput> requestedOutputs() throws ProtocolException {
        if (outputs.isEmpty()) {
            return Arrays.stream(OutputTensor.values())
                    .map(tensor -> new RequestedOutput(tensor, binaryOutputs, 0))
                    .toList();
        }
        List<RequestedOutput> requested = new ArrayList<>();
        for (OutputReader output : outputs) {
            requested.add(output.requested(binaryOutputs));
        }
        return requested;
    }
}
