package org.repvgg.serve.protocol;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.repvgg.tensor.Shape;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// An answer, ready to be sent.
public final class InferResponse {
    private static final JsonFactory FACTORY = new JsonFactory();

    private final byte[] body;
    private final OptionalInt headerLength;

    private InferResponse(byte[] body, OptionalInt headerLength) {
        this.body = body;
        this.headerLength = headerLength;
    }

    /// The bytes themselves; owned by the caller.
    public byte[] body() {
        return body;
    }

    /// What the header `Inference-Header-Content-Length` is to say: bytes of JSON, before those of
    /// tensors. Without it, all is JSON.
    public OptionalInt headerLength() {
        return headerLength;
    }

    /// One tensor of an answer.
    record Output(OutputTensor tensor, boolean binary, OutputData data) {}

    /// @param id of the request; null if it had none
    static InferResponse of(
            String modelName, String modelVersion, @Nullable String id, List<Output> outputs) {
        byte[] header = header(modelName, modelVersion, id, outputs);
        List<Output> binary = outputs.stream().filter(Output::binary).toList();
        if (binary.isEmpty()) {
            return new InferResponse(header, OptionalInt.empty());
        }
        int bytes = header.length;
        for (Output output : binary) {
            bytes = Math.addExact(bytes, output.data.bytes());
        }
        ByteBuffer body = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN).put(header);
        binary.forEach(output -> output.data.putInto(body));
        return new InferResponse(body.array(), OptionalInt.of(header.length));
    }

    private static byte[] header(
            String modelName, String modelVersion, @Nullable String id, List<Output> outputs) {
        var bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), bytes)) {
            json.writeStartObject();
            json.writeStringProperty("model_name", modelName);
            json.writeStringProperty("model_version", modelVersion);
            if (id != null) {
                json.writeStringProperty("id", id);
            }
            json.writeArrayPropertyStart("outputs");
            outputs.forEach(output -> write(output, json));
            json.writeEndArray();
            json.writeEndObject();
        }
        return bytes.toByteArray();
    }

    private static void write(Output output, JsonGenerator json) {
        json.writeStartObject();
        json.writeStringProperty("name", output.tensor.wireName());
        json.writeStringProperty("datatype", output.data.datatype());
        Shape shape = output.data.shape();
        json.writeName("shape").writeArray(shape.toArray(), 0, shape.rank());
        if (output.binary) {
            json.writeObjectPropertyStart("parameters");
            json.writeNumberProperty("binary_data_size", output.data.bytes());
            json.writeEndObject();
        } else {
            json.writeArrayPropertyStart("data");
            output.data.writeTo(json);
            json.writeEndArray();
        }
        json.writeEndObject();
    }
}
