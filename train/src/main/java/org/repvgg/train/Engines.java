package org.repvgg.train;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import org.repvgg.model.BranchedModel;
import org.repvgg.train.torch.TorchEngine;
import org.repvgg.train.torch.TorchOptions;

/// The engines of this build, by the names people ask for.
public final class Engines {
    private Engines() {}

    /// An engine for `--engine`, `--device` and `--precision`.
    ///
    /// @param engine `auto` or `libtorch`
    /// @param device `cpu` or `cuda`
    /// @param precision `auto`, `fp32` or `bf16`
    /// @param threads the most to use; a training that goes on uses what it began with
    /// @throws IllegalArgumentException naming the value that is not known, and those that are
    public static EngineFactory of(
            String engine, String device, String precision, int threads, int batchSize) {
        checkArgument(
                !engine.equals("java"),
                "engine 'java' is not part of this build: use libtorch or auto");
        checkArgument(
                engine.equals("auto") || engine.equals("libtorch"),
                "unknown engine '%s': use auto or libtorch",
                engine);
        TorchOptions options =
                new TorchOptions(
                        choice(TorchOptions.Device.class, "device", device),
                        choice(TorchOptions.Precision.class, "precision", precision),
                        TorchOptions.Layout.AUTO,
                        threads,
                        batchSize);
        return (initial, choices) -> start(initial, options, choices);
    }

    private static TrainingEngine start(
            BranchedModel initial, TorchOptions options, Map<String, String> choices) {
        TorchOptions asked = options;
        String layout = choices.get("layout");
        if (layout != null) {
            asked = asked.withLayout(choice(TorchOptions.Layout.class, "layout", layout));
        }
        String threads = choices.get("threads");
        if (threads != null) {
            asked = asked.withThreads(Integer.parseInt(threads));
        }
        String precision = choices.get("precision");
        if (precision != null) {
            TorchOptions.Precision before =
                    choice(TorchOptions.Precision.class, "precision", precision);
            checkArgument(
                    asked.precision() == TorchOptions.Precision.AUTO || asked.precision() == before,
                    "--precision is %s, this training began with %s",
                    asked.precision(),
                    before);
            asked = asked.withPrecision(before);
        }
        return TorchEngine.start(initial, asked);
    }

    private static <E extends Enum<E>> E choice(Class<E> type, String option, String name) {
        for (E constant : type.getEnumConstants()) {
            if (constant.name().toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT))) {
                return constant;
            }
        }
        throw new IllegalArgumentException(
                "unknown %s '%s': use one of %s"
                        .formatted(
                                option,
                                name,
                                Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT)));
    }
}
