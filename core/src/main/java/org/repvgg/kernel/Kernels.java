package org.repvgg.kernel;

import static org.repvgg.tensor.Checks.checkArgument;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// One implementation of everything: `scalar`, or `vector` where the JVM was started with
/// `--add-modules jdk.incubator.vector`.
///
/// @param name what to print
/// @param conv convolutions and linear layers
/// @param channel what stands between them
/// @param transform of Winograd's algorithms
/// @param matrix the products of a training step
/// @param training what stands between those
/// @param bilinear the maps of Winograd's algorithms in a training step
public record Kernels(
        String name,
        ConvKernels conv,
        ChannelKernels channel,
        TransformKernels transform,
        MatrixKernels matrix,
        TrainingKernels training,
        BilinearKernels bilinear) {
    private static final String BITS_PROPERTY = "repvgg.vectorBits";

    /// The fastest that this JVM can run.
    public static Kernels fastest() {
        return Available.ALL.getLast();
    }

    /// Everything that this JVM can run, the plain twin first.
    public static List<Kernels> all() {
        return Available.ALL;
    }

    /// Chosen once. This class may not have a field of a vector type: it must load without the
    /// module.
    private static final class Available {
        static final List<Kernels> ALL = find();

        private static List<Kernels> find() {
            Kernels scalar =
                    new Kernels(
                            "scalar",
                            new ScalarConvKernels(),
                            new ScalarChannelKernels(),
                            new ScalarTransformKernels(),
                            new ScalarMatrixKernels(),
                            new ScalarTrainingKernels(),
                            new ScalarBilinearKernels());
            if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
                System.getLogger(Kernels.class.getName())
                        .log(
                                System.Logger.Level.INFO,
                                "Using plain Java kernels: for fast ones start Java with"
                                        + " --add-modules jdk.incubator.vector");
                return List.of(scalar);
            }
            String name = "vector, " + VectorConvKernels.bits() + " bits";
            Kernels vector =
                    new Kernels(
                            name,
                            new VectorConvKernels(),
                            new VectorChannelKernels(),
                            new VectorTransformKernels(),
                            new VectorMatrixKernels(),
                            new VectorTrainingKernels(),
                            new VectorBilinearKernels());
            return List.of(scalar, vector);
        }
    }

    /// The width that tests force with `-Drepvgg.vectorBits`, or 0 for the machine's own.
    static int forcedBits() {
        return forcedBits(System.getProperty(BITS_PROPERTY));
    }

    static int forcedBits(@Nullable String value) {
        if (value == null) {
            return 0;
        }
        checkArgument(
                List.of("128", "256", "512").contains(value),
                "-D%s must be 128, 256 or 512, not '%s'",
                BITS_PROPERTY,
                value);
        return Integer.parseInt(value);
    }
}
