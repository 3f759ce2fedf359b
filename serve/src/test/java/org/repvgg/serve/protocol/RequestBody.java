package org.repvgg.serve.protocol;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/// A body, and what the header says of its JSON.
record RequestBody(byte[] bytes, OptionalInt headerLength) {
    /// One image `[1,2,1,2]` as text.
    static final String SAMPLE =
            """
            {"inputs":[{"name":"images","datatype":"FP32","shape":[1,2,1,2],"data":[1,2,3,4]}]}\
            """;

    /// An image of the same shape, announced as bytes; to be formatted with datatype and size.
    static final String BINARY_SAMPLE =
            """
            {"inputs":[{"name":"images","datatype":"%s","shape":[1,2,1,2],\
            "parameters":{"binary_data_size":%s}}]}\
            """;

    static RequestBody json(String json) {
        return new RequestBody(json.getBytes(StandardCharsets.UTF_8), OptionalInt.empty());
    }

    static RequestBody binary(String json, byte... data) {
        byte[] header = json.getBytes(StandardCharsets.UTF_8);
        byte[] body =
                ByteBuffer.allocate(header.length + data.length).put(header).put(data).array();
        return new RequestBody(body, OptionalInt.of(header.length));
    }

    static byte[] floats(float... values) {
        ByteBuffer bytes = littleEndian(values.length * Float.BYTES);
        for (float value : values) {
            bytes.putFloat(value);
        }
        return bytes.array();
    }

    static byte[] doubles(double... values) {
        ByteBuffer bytes = littleEndian(values.length * Double.BYTES);
        for (double value : values) {
            bytes.putDouble(value);
        }
        return bytes.array();
    }

    static byte[] halves(float... values) {
        ByteBuffer bytes = littleEndian(values.length * Short.BYTES);
        for (float value : values) {
            bytes.putShort(Float.floatToFloat16(value));
        }
        return bytes.array();
    }

    InferRequest parse() throws ProtocolException {
        return InferRequest.parse(bytes, headerLength, Limits.defaults());
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
