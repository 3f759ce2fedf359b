package org.repvgg.train;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import org.repvgg.kernel.Kernels;
import org.repvgg.model.BranchedModel;
import org.repvgg.train.java.JavaEngine;
import org.repvgg.train.torch.TorchEngine;
import org.repvgg.train.torch.TorchOptions;

/// The engines of this build, by the names people ask for.
public final class Engines {
    private Engines() {}

    /// An engine for `--engine`, `--device` and `--precision`.
    ///
    /// `auto` is the Java engine where it can train the network as asked and has vector kernels,
    /// and libtorch elsewhere.
    ///
    /// @param engine `auto`, `java` or `libtorch`
    /// @param device `cpu` or `cuda`
    /// @param precision `auto`, `fp32` or `bf16`
    /// @param threads the most to use; on libtorch, a training that goes on uses as many as before
    /// @param batchSize images a step, by which libtorch's layout is chosen
    /// @throws IllegalArgumentException naming the value that is not known, and those that are
    public static EngineFactory of(
            String engine, String device, String precision, int threads, int batchSize) {
        Engine asked = choice(Engine.class, "engine", engine);
        TorchOptions options =
                new TorchOptions(
                        choice(TorchOptions.Device.class, "device", device),
                        choice(TorchOptions.Precision.class, "precision", precision),
                        TorchOptions.Layout.AUTO,
                        threads,
                        batchSize);
        checkSuits(asked, options);
        return (initial, choices) -> {
            Engine chosen = before(asked, choices);
            if (chosen == Engine.AUTO) {
                boolean java =
                        suitsJava(options)
                                && Kernels.all().size() > 1 // slow without vectors
                                && JavaEngine.refusal(initial.spec()).isEmpty();
                chosen = java ? Engine.JAVA : Engine.LIBTORCH;
            }
            checkSuits(chosen, options);
            return chosen == Engine.JAVA
                    ? JavaEngine.start(initial, threads)
                    : startLibtorch(initial, options, choices);
        };
    }

    private static boolean suitsJava(TorchOptions options) {
        return options.device() == TorchOptions.Device.CPU
                && options.precision() != TorchOptions.Precision.BF16;
    }

    private static void checkSuits(Engine engine, TorchOptions options) {
        checkArgument(
                engine != Engine.JAVA || suitsJava(options),
                "the java engine computes on the cpu in fp32, not on %s in %s",
                lower(options.device()),
                lower(options.precision()));
    }

    private enum Engine {
        AUTO,
        JAVA,
        LIBTORCH
    }

    /// What a training that goes on began with. A checkpoint that names no engine is libtorch's.
    private static Engine before(Engine asked, Map<String, String> choices) {
        if (choices.isEmpty()) {
            return asked;
        }
        Engine before = choice(Engine.class, "engine", choices.getOrDefault("name", "libtorch"));
        checkArgument(
                asked == Engine.AUTO || asked == before,
                "--engine is %s, this training began with %s",
                lower(asked),
                lower(before));
        return before;
    }

    private static TrainingEngine startLibtorch(
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
            if (lower(constant).equals(name.toLowerCase(Locale.ROOT))) {
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

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
