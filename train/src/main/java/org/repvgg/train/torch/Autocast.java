package org.repvgg.train.torch;

import java.util.function.Supplier;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// libtorch's mixed precision: convolutions of single-precision weights computed in bf16.
final class Autocast {
    private Autocast() {}

    /// Runs a forward pass in bf16.
    static <T> T bf16(DeviceType device, Supplier<T> forward) {
        torch.set_autocast_dtype(device, ScalarType.BFloat16);
        torch.set_autocast_enabled(device, true);
        try {
            return forward.get();
        } finally {
            // Autocast keeps its bf16 copies of the weights: without this, the next step would run
            // on this step's weights.
            torch.clear_cache();
            torch.set_autocast_enabled(device, false);
        }
    }

    /// Runs a part of a forward pass in single precision.
    static <T> T suspended(DeviceType device, Supplier<T> part) {
        boolean enabled = torch.is_autocast_enabled(device);
        torch.set_autocast_enabled(device, false);
        try {
            return part.get();
        } finally {
            torch.set_autocast_enabled(device, enabled);
        }
    }
}
