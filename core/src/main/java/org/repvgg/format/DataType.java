package org.repvgg.format;

import java.nio.ByteBuffer;

/// Element types of safetensors files, under the names written there. All are little-endian.
public enum DataType {
    F64(8),
    F32(4),
    F16(2),
    BF16(2),
    F8_E5M2(1),
    F8_E4M3(1),
    I64(8),
    I32(4),
    I16(2),
    I8(1),
    U64(8),
    U32(4),
    U16(2),
    U8(1),
    BOOL(1);

    private final int bytes;

    DataType(int bytes) {
        this.bytes = bytes;
    }

    /// Bytes of one element.
    public int bytes() {
        return bytes;
    }

    /// Whether [Safetensors#read] makes floats of it.
    public boolean isReadable() {
        return switch (this) {
            case F64, F32, F16, BF16 -> true;
            case F8_E5M2, F8_E4M3, I64, I32, I16, I8, U64, U32, U16, U8, BOOL -> false;
        };
    }

    /// Why the tensor of that name cannot be read.
    String refusal(String name) {
        return "data type " + this + " is none of F32, F64, F16, BF16: " + name;
    }

    /// Turns all of `in` into floats, rounding where the type is wider.
    ///
    /// @param in little-endian, a whole number of elements
    /// @param out overwritten from `at` on
    void toFloats(ByteBuffer in, float[] out, int at) {
        int end = at + in.remaining() / bytes;
        switch (this) {
            case F32 -> in.asFloatBuffer().get(out, at, end - at);
            case F64 -> {
                for (int i = at; i < end; i++) {
                    out[i] = (float) in.getDouble();
                }
            }
            case F16 -> {
                for (int i = at; i < end; i++) {
                    out[i] = Float.float16ToFloat(in.getShort());
                }
            }
            case BF16 -> {
                for (int i = at; i < end; i++) {
                    out[i] = Float.intBitsToFloat(in.getShort() << 16);
                }
            }
            case F8_E5M2, F8_E4M3, I64, I32, I16, I8, U64, U32, U16, U8, BOOL ->
                    throw new IllegalArgumentException("no floats from data type " + this);
        }
    }
}
