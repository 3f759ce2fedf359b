package org.repvgg.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.repvgg.fold.Fold;
import org.repvgg.model.BranchedModel;
import org.repvgg.model.InitialWeights;
import org.repvgg.model.InputSpec;
import org.repvgg.spec.RepVggFamily;
import org.repvgg.spec.RepVggSpec;
import org.repvgg.tensor.Shape;

/// Every engine in a process of its own, for a moment.
final class TestBenchmark {
    @TempDir Path folder;

    private static Benchmark.Network network() {
        RepVggSpec spec =
                RepVggFamily.D2SE.spec().toBuilder()
                        .name("small")
                        .classes(10)
                        .widths(List.of(16, 16, 32, 32, 64))
                        .depths(List.of(1, 1, 2, 1, 1))
                        .build();
        BranchedModel model = InitialWeights.random(spec, InputSpec.centred(3, 32, 32), 1);
        return new Benchmark.Network("small", Fold.fold(model), model);
    }

    @Test
    void allEnginesAnswerAlikeAndAreTimed() throws IOException {
        List<String> heard = new ArrayList<>();
        Benchmark.Plan plan =
                new Benchmark.Plan(
                        List.of(Engine.values()),
                        List.of(OtherNetwork.RESNET18),
                        List.of(Shape.of(2, 3, 32, 40)),
                        List.of(1),
                        new Schedule(2, Duration.ofMillis(20), Duration.ofMillis(20)),
                        null);
        List<Measurement> measured = Benchmark.run(network(), plan, heard::add);

        assertThat(heard).containsExactly("small, [2,3,32,40], 1 thread");
        assertThat(measured)
                .extracting(Measurement::engine)
                .containsExactly(
                        "repvgg",
                        "repvgg-branched",
                        "onnxruntime",
                        "libtorch",
                        "libtorch-branched",
                        "onnxruntime");
        assertThat(measured.getLast().network()).isEqualTo("resnet18");
        for (Measurement one : measured.subList(0, 5)) {
            assertThat(relativeError(one)).as(one.engine()).isPositive().isLessThan(1e-5);
        }
        for (Measurement one : measured) {
            assertThat(one.nanos()).as(one.engine()).hasSizeGreaterThanOrEqualTo(2).isSorted();
            assertThat(one.nanos()[0]).isPositive();
            assertThat(one.firstMillis()).isPositive();
            assertThat(one.batch()).isEqualTo(2);
            assertThat(one.width()).isEqualTo(40);
            assertThat(one.multiplyAdds()).isPositive();
        }
        assertThat(measured.get(2).description()).startsWith("ONNX Runtime 1.");
        assertThat(measured.get(3).description()).startsWith("libtorch 2.");
    }

    private static double relativeError(Measurement one) {
        return ((Measurement.Logits) one.answer()).relativeError();
    }

    @Test
    void saysWhyAProcessEnded() throws IOException {
        Path broken = Files.writeString(folder.resolve("plain.safetensors"), "no tensors");
        assertThatThrownBy(() -> ContenderProcess.start(Engine.REPVGG, broken, 1, folder).close())
                .isInstanceOf(IOException.class)
                .hasMessageContainingAll("the process of repvgg ended early", "plain.safetensors");
    }
}
