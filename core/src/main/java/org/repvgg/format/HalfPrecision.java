package org.repvgg.format;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.Model;
import org.repvgg.model.PlainModel;
import org.repvgg.tensor.Tensor;

/// Floats of 16 bits, IEEE 754's binary16: 11 significant bits, magnitudes from `2^-24` to 65504.
///
/// Halves a file, and moves a network's answers a little: a weight is off by at most `2^-11` of
/// itself, or by `2^-25` where it is below `2^-14`.
public final class HalfPrecision {
    private static final float LARGEST = 65504;

    private HalfPrecision() {}

    /// The model that is read where this one is stored in half precision: each weight rounded to
    /// the nearest, to the even one of two.
    ///
    /// @throws IllegalArgumentException if one is too large, naming its tensor
    public static Model round(Model model) {
        Map<String, Tensor> rounded = new HashMap<>();
        ReferenceNames.tensors(model)
                .forEach((name, tensor) -> rounded.put(name, round(name, tensor)));
        TensorSource source = (name, _) -> Objects.requireNonNull(rounded.get(name), name);
        return switch (model) {
            case BranchedModel branched ->
                    ReferenceNames.assemble(
                            branched.spec(), branched.input(), branched.provenance(), source);
            case PlainModel plain ->
                    ReferenceNames.assemblePlain(
                            plain.spec(), plain.input(), plain.provenance(), source);
        };
    }

    private static Tensor round(String name, Tensor tensor) {
        check(name, tensor);
        float[] values = tensor.toArray();
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.float16ToFloat(Float.floatToFloat16(values[i]));
        }
        return Tensor.ofOwned(tensor.shape(), values);
    }

    /// Refuses a tensor with a finite value that would become infinite.
    static void check(String name, Tensor tensor) {
        float[] values = tensor.unsafeArray();
        for (int i = 0; i < values.length; i++) {
            if (overflows(values[i])) {
                throw new IllegalArgumentException(
                        "half precision ends at %s, element %s is %s: %s"
                                .formatted(LARGEST, i, values[i], name));
            }
        }
    }

    private static boolean overflows(float value) {
        return Float.isFinite(value)
                && Float.isInfinite(Float.float16ToFloat(Float.floatToFloat16(value)));
    }
}
