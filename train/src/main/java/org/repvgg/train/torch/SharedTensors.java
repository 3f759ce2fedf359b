package org.repvgg.train.torch;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.repvgg.train.Ranks;

/// libtorch's tensors, to be added up over ranks through one array. To be used inside a scope.
///
/// @param tensors overwritten, whatever their layout; of the same sizes in all ranks
record SharedTensors(List<Tensor> tensors) {

    /// Replaces them by their sums over all ranks.
    void sum(Ranks ranks) {
        float[] values = read();
        ranks.sum(values, 0, values.length);
        write(values);
    }

    /// Replaces them by their means over all ranks.
    void mean(Ranks ranks) {
        float[] values = read();
        ranks.mean(values);
        write(values);
    }

    private float[] read() {
        long length = tensors.stream().mapToLong(Tensor::numel).sum();
        float[] values = new float[Math.toIntExact(length)];
        int at = 0;
        for (Tensor tensor : tensors) {
            float[] own = NativeTensors.toJava(tensor).unsafeArray();
            System.arraycopy(own, 0, values, at, own.length);
            at += own.length;
        }
        return values;
    }

    private void write(float[] values) {
        int at = 0;
        for (Tensor tensor : tensors) {
            int length = (int) tensor.numel();
            NativeTensors.overwrite(tensor, values, at, length);
            at += length;
        }
    }
}
