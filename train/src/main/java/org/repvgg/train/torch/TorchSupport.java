package org.repvgg.train.torch;

import java.util.List;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.train.torch.TorchOptions.Device;
import org.repvgg.train.torch.TorchOptions.Layout;
import org.repvgg.train.torch.TorchOptions.Precision;

/// What training on libtorch can be had here, told without loading it.
public final class TorchSupport {
    private TorchSupport() {}

    /// Layouts that a network can be trained in on the CPU.
    public static List<Layout> layouts(RepVggSpec spec) {
        return Convolutions.allowNchw(spec)
                ? List.of(Layout.NCHW, Layout.CHANNELS_LAST)
                : List.of(Layout.CHANNELS_LAST);
    }

    /// Precisions that the processor multiplies: single, and bf16 where it has instructions for it.
    public static List<Precision> precisions() {
        Precision fastest = Libtorch.decide(Precision.AUTO, Device.CPU);
        return fastest == Precision.BF16
                ? List.of(Precision.FP32, Precision.BF16)
                : List.of(Precision.FP32);
    }
}
