package org.repvgg.serve.protocol;

import java.nio.ByteBuffer;

/// Element types in which images may come, under the protocol's names.
enum Datatype {
    FP16(2),
    FP32(4),
    FP64(8);

    private final int bytes;

    Datatype(int bytes) {
        this.bytes = bytes;
    }

    static Datatype parse(String name) throws ProtocolException {
        for (Datatype type : values()) {
            if (type.name().equals(name)) {
                return type;
            }
        }
        throw ProtocolException.wrong(
                "inputs[0].datatype must be FP32, FP64 or, in binary, FP16, not %s",
                ProtocolException.quote(name));
    }

    /// Bytes of one element.
    int bytes() {
        return bytes;
    }

    /// JSON has no half-precision numbers, says the protocol.
    boolean isBinaryOnly() {
        return this == FP16;
    }

    /// Takes all of `in`, rounding where the type is wider; what is beyond float becomes infinite.
    ///
    /// @param in little-endian, a whole number of elements
    float[] toFloats(ByteBuffer in) {
        float[] out = new float[in.remaining() / bytes];
        switch (this) {
            case FP16 -> {
                for (int i = 0; i < out.length; i++) {
                    out[i] = Float.float16ToFloat(in.getShort());
                }
            }
            case FP32 -> in.asFloatBuffer().get(out);
            case FP64 -> {
                for (int i = 0; i < out.length; i++) {
                    out[i] = (float) in.getDouble();
                }
            }
        }
        return out;
    }
}
