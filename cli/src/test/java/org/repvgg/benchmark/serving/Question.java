package org.repvgg.benchmark.serving;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import org.repvgg.model.InputSpec;

/// What is asked again and again.
///
/// @param name `photo` or `tensor`
/// @param jsonBytes of the body, before the numbers; 0 where there is no JSON
record Question(String name, String path, String contentType, int jsonBytes, byte[] body) {

    static Question photo(byte[] jpeg) {
        return new Question("photo", "/v1/classify", "image/jpeg", 0, jpeg);
    }

    /// One image of random numbers, in binary, whose logits are wanted in binary.
    static Question tensor(String model, InputSpec input) {
        int[] shape = {input.channels(), input.height(), input.width()};
        int elements = shape[0] * shape[1] * shape[2];
        byte[] json =
                """
                {"inputs":[{"name":"images","datatype":"FP32","shape":[1,%s,%s,%s],\
                "parameters":{"binary_data_size":%s}}],\
                "outputs":[{"name":"logits","parameters":{"binary_data":true}}]}\
                """
                        .formatted(shape[0], shape[1], shape[2], elements * Float.BYTES)
                        .getBytes(UTF_8);
        var random = new SplittableRandom(1);
        ByteBuffer body =
                ByteBuffer.allocate(json.length + elements * Float.BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .put(json);
        while (body.hasRemaining()) {
            body.putFloat((float) random.nextDouble(-2, 2));
        }
        return new Question(
                "tensor",
                "/v2/models/" + model + "/infer",
                "application/octet-stream",
                json.length,
                body.array());
    }

    /// As it goes over the wire.
    byte[] request(URI server) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        String head =
                "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: %s\r\n"
                        .formatted(path, server.getAuthority(), contentType, body.length);
        String length =
                jsonBytes == 0 ? "" : "Inference-Header-Content-Length: " + jsonBytes + "\r\n";
        bytes.writeBytes((head + length + "\r\n").getBytes(ISO_8859_1));
        bytes.writeBytes(body);
        return bytes.toByteArray();
    }
}
