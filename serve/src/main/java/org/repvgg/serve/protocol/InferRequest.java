package org.repvgg.serve.protocol;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.repvgg.tensor.Tensor;
import tools.jackson.core.JacksonException;

/// Images to classify, and the form of the answer.
///
/// @param id to be repeated in the answer; null if there is none
/// @param images `[n,c,h,w]`, finite, none of the dimensions 0
/// @param outputs in the order of the answer; at least one, none of them twice
public record InferRequest(@Nullable String id, Tensor images, List<RequestedOutput> outputs) {
    public InferRequest {
        outputs = List.copyOf(outputs);
    }

    /// Reads a request. Takes memory in proportion to the body, whatever shapes it announces.
    ///
    /// @param body JSON, and behind it what is binary; not modified
    /// @param headerLength bytes of JSON, as the header `Inference-Header-Content-Length` says;
    ///   without it, all is JSON
    /// @throws ProtocolException if anything is not as it should be, naming the place
    public static InferRequest parse(byte[] body, OptionalInt headerLength, Limits limits)
            throws ProtocolException {
        int length = headerLength.orElse(body.length);
        if (length < 0 || length > body.length) {
            throw ProtocolException.wrong(
                    "Inference-Header-Content-Length is %s, the body has %s bytes",
                    length, body.length);
        }
        ByteBuffer binary =
                ByteBuffer.wrap(body, length, body.length - length).order(ByteOrder.LITTLE_ENDIAN);
        try (var json = new JsonReader(body, length)) {
            return new RequestReader(json, limits).read(binary);
        } catch (JacksonException e) {
            throw JsonReader.refusal(e);
        }
    }
}
