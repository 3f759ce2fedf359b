package org.repvgg.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.kernel.Kernels;
import org.repvgg.kernel.Winograd;
import org.repvgg.model.PlainModel;
import org.repvgg.runtime.TunedPlan.Size;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Tensor;

/// Java's compilers must not give up on a kernel. A method too large for the first one ("out of
/// virtual registers") is then compiled by the second without a profile, and its vectors become
/// objects: several times slower, for ever.
final class TestCompilation {
    private static final int CONVOLUTIONS = 6; // the classifier is one of them
    private static final int SECOND_OF_STAGE_1 = 2; // of stride 1; its maps are 8x8, or 2x2
    private static final Duration WARM_UP = Duration.ofMillis(1_500);

    @TempDir Path folder;

    @Test
    void noMethodOfOursIsSkipped() throws IOException, InterruptedException {
        Path log = folder.resolve("compilation.log");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (Kernels.all().size() > 1) {
            command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
        }
        Optional.ofNullable(System.getProperty("repvgg.vectorBits"))
                .ifPresent(bits -> command.add("-Drepvgg.vectorBits=" + bits));
        command.add("-XX:+PrintCompilation");
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add(TestCompilation.class.getName());
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();

        assertThat(process.waitFor()).isZero();
        try (Stream<String> lines = Files.lines(log)) {
            List<String> ours = lines.filter(line -> line.contains("org.repvgg.kernel")).toList();
            assertThat(ours).as("compiled methods").hasSizeGreaterThan(20);
            assertThat(ours).noneMatch(line -> line.contains("COMPILE SKIPPED"));
        }
    }

    /// Every algorithm, long enough to be compiled.
    static void main(String[] arguments) {
        RepVggSpec spec =
                RepVggFamily.A0.spec().toBuilder()
                        .classes(10)
                        .widths(List.of(48, 96, 64))
                        .depths(List.of(1, 2, 2))
                        .strides(List.of(2, 2, 2))
                        .build();
        PlainModel model = RandomModels.plain(spec, 1);
        run(model, 32, Optional.empty());
        for (Winograd algorithm : Winograd.values()) {
            run(model, algorithm == Winograd.WHOLE_2X2 ? 8 : 32, Optional.of(algorithm));
        }
    }

    private static void run(PlainModel model, int size, Optional<Winograd> algorithm) {
        List<Optional<Winograd>> algorithms = new ArrayList<>();
        for (int i = 0; i < CONVOLUTIONS; i++) {
            algorithms.add(i == SECOND_OF_STAGE_1 ? algorithm : Optional.empty());
        }
        var plan =
                new TunedPlan(
                        Kernels.fastest().name(), 1, List.of(new Size(1, size, size, algorithms)));
        Tensor image = RandomModels.images(1, 3, size, size, 1);
        try (PlainRuntime runtime =
                PlainRuntime.load(model, new RuntimeOptions(1).withPlan(plan))) {
            long end = System.nanoTime() + WARM_UP.toNanos();
            while (System.nanoTime() < end) {
                runtime.logits(image);
            }
        }
    }
}
