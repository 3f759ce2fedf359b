package org.repvgg.benchmark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.train.torch.TorchOptions.Layout;
import org.repvgg.train.torch.TorchOptions.Precision;
import org.repvgg.train.torch.TorchSupport;

/// Who trains. Each takes the same training form.
public enum StepEngine implements Competitor {
    /// Our engine in Java.
    JAVA("repvgg", Precision.FP32, Layout.AUTO),
    LIBTORCH_FP32_NCHW("libtorch-fp32-nchw", Precision.FP32, Layout.NCHW),
    LIBTORCH_FP32_CHANNELS_LAST(
            "libtorch-fp32-channels-last", Precision.FP32, Layout.CHANNELS_LAST),
    LIBTORCH_BF16_NCHW("libtorch-bf16-nchw", Precision.BF16, Layout.NCHW),
    LIBTORCH_BF16_CHANNELS_LAST(
            "libtorch-bf16-channels-last", Precision.BF16, Layout.CHANNELS_LAST);

    private final String title;
    private final Precision precision;
    private final Layout layout;

    /// @param layout libtorch's; ours has one of its own
    StepEngine(String title, Precision precision, Layout layout) {
        this.title = title;
        this.precision = precision;
        this.layout = layout;
    }

    @Override
    public String title() {
        return title;
    }

    /// What convolutions compute in.
    public Precision precision() {
        return precision;
    }

    Layout layout() {
        return layout;
    }

    /// libtorch in these precisions and every layout that it can train the network in.
    public static List<StepEngine> libtorch(RepVggSpec spec, List<Precision> precisions) {
        List<Layout> layouts = TorchSupport.layouts(spec);
        List<StepEngine> engines = new ArrayList<>(Arrays.asList(values()));
        engines.removeIf(
                engine ->
                        !precisions.contains(engine.precision) || !layouts.contains(engine.layout));
        return engines;
    }

    /// Finds an engine by its title.
    static Optional<StepEngine> find(String title) {
        return Arrays.stream(values()).filter(engine -> engine.title.equals(title)).findFirst();
    }
}
