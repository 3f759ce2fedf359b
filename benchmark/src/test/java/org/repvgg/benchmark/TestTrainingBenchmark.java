package org.repvgg.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.Form;
import org.repvgg.spec.LayerTable;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;
import org.repvgg.train.java.StepProfiler;
import org.repvgg.train.torch.TorchOptions.Precision;

/// Training steps of both engines, for a moment.
final class TestTrainingBenchmark {
    /// Of a loss: it is a float, behind seven blocks in single precision. Measured 5e-6.
    private static final double LOSS_TOLERANCE = 1e-4;

    /// Of a loss in bf16, which has eight bits of mantissa. Measured 5e-2.
    private static final double BF16_LOSS_TOLERANCE = 0.2;

    @TempDir Path folder;

    private static RepVggSpec spec(int... widths) {
        return RepVggFamily.A0.spec().toBuilder()
                .name("small")
                .classes(10)
                .widths(List.of(widths[0], widths[1]))
                .depths(List.of(1, 2))
                .strides(List.of(1, 2))
                .build();
    }

    private static TrainingBenchmark.Plan plan(RepVggSpec spec, List<StepEngine> engines) {
        BranchedModel model = InitialWeights.random(spec, InputSpec.centred(3, 16, 16), 1);
        return new TrainingBenchmark.Plan(
                model,
                engines,
                List.of(Shape.of(8, 3, 16, 16)),
                List.of(1),
                new Schedule(2, Duration.ofMillis(10), Duration.ofMillis(10)));
    }

    @Test
    void allEnginesBeginAlikeAndAreTimed() throws IOException {
        List<String> heard = new ArrayList<>();
        TrainingBenchmark.Plan plan = plan(spec(16, 32), List.of(StepEngine.values()));
        List<Measurement> measured = TrainingBenchmark.run(plan, heard::add);

        assertThat(heard).containsExactly("steps of small, [8,3,16,16], 1 thread");
        assertThat(measured)
                .extracting(Measurement::engine)
                .containsExactly(
                        "repvgg",
                        "libtorch-fp32-nchw",
                        "libtorch-fp32-channels-last",
                        "libtorch-bf16-nchw",
                        "libtorch-bf16-channels-last");
        double ours = loss(measured.getFirst());
        for (Measurement one : measured) {
            double tolerance = one.engine().contains("bf16") ? BF16_LOSS_TOLERANCE : LOSS_TOLERANCE;
            assertThat(loss(one)).as(one.engine()).isCloseTo(ours, within(tolerance));
            assertThat(one.nanos()).as(one.engine()).hasSizeGreaterThanOrEqualTo(2).isSorted();
            assertThat(one.batch()).isEqualTo(8);
            assertThat(one.multiplyAdds())
                    .isEqualTo(3 * LayerTable.of(spec(16, 32), Form.TRAIN, 16, 16).multiplyAdds());
        }
        assertThat(measured.getFirst().description()).startsWith("java, fp32");
        assertThat(measured.get(3).description()).startsWith("libtorch 2.").contains("bf16, nchw");
    }

    private static double loss(Measurement one) {
        return ((Measurement.Loss) one.answer()).value();
    }

    @Test
    void leavesOutLayoutsThatAreRefused() {
        List<Precision> both = List.of(Precision.FP32, Precision.BF16);

        assertThat(StepEngine.libtorch(spec(16, 32), List.of(Precision.FP32)))
                .containsExactly(
                        StepEngine.LIBTORCH_FP32_NCHW, StepEngine.LIBTORCH_FP32_CHANNELS_LAST);
        assertThat(StepEngine.libtorch(spec(12, 24), both))
                .containsExactly(
                        StepEngine.LIBTORCH_FP32_CHANNELS_LAST,
                        StepEngine.LIBTORCH_BF16_CHANNELS_LAST);
    }

    @Test
    void profilesOurs() {
        List<StepProfiler.Row> rows =
                TrainingBenchmark.profile(plan(spec(16, 32), List.of(StepEngine.JAVA)));

        assertThat(rows)
                .extracting(StepProfiler.Row::what)
                .contains("forward products, 3x3", "weight gradient", "update");
    }

    @Test
    void saysWhyAProcessEnded() throws IOException {
        Path broken = Files.writeString(folder.resolve("branched.safetensors"), "no tensors");
        assertThatThrownBy(() -> ContenderProcess.start(StepEngine.JAVA, broken, 1, folder).close())
                .isInstanceOf(IOException.class)
                .hasMessageContainingAll(
                        "the process of repvgg ended early", "branched.safetensors");
    }
}
