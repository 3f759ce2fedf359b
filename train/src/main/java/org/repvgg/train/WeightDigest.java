package org.repvgg.train;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.repvgg.data.Digests;
import org.repvgg.format.ReferenceNames;
import org.repvgg.model.Model;
import org.repvgg.tensor.Tensor;

/// What tells the weights of two networks apart.
final class WeightDigest {
    private WeightDigest() {}

    /// SHA-256 over all tensors, whatever the file that they come from.
    static String of(Model model) {
        MessageDigest digest = Digests.algorithm("SHA-256");
        for (Tensor tensor : ReferenceNames.tensors(model).values()) {
            float[] values = tensor.unsafeArray();
            ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES);
            bytes.asFloatBuffer().put(values);
            digest.update(bytes);
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
